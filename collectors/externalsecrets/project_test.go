// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"bytes"
	"regexp"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

// keys matches names of secrets and paths of stores. Snapshots keep them, because they locate a secret.
var keys = regexp.MustCompile(`"(key|remoteKey|path|mountPath)":"[^"]*"`)

func TestProjectionHasTheSameRows(t *testing.T) {
	rig := suite().Rig(t, collectortest.Management)
	for _, o := range suite().Objects(t) {
		kept := rig.CheckProjection(t, o.Kind, o.Raw)
		for _, secret := range []string{"s3cr3t", "hunter2", `"message"`, `"annotations":{"`, `"fieldsV1"`} {
			if bytes.Contains(keys.ReplaceAll(kept, nil), []byte(secret)) {
				t.Errorf("%s: %s is kept: %s", collectortest.NameOf(o), secret, kept)
			}
		}
		rig.CheckBrokenProjections(t, o, breakages)
	}
}

func FuzzProjection(f *testing.F) {
	suite().FuzzProjection(f,
		`{"metadata":{"name":"a"},"spec":{"provider":{"vault":{"auth":{"kubernetes":[{}],"jwt":5}},"openBao":{"auth":null},"vault":null,"":{}}}}`,
		`{"metadata":{"name":"a"},"spec":{"secretStoreRefs":[{"name":"x","labelSelector":{}},null,[]]},"status":{"syncedPushSecrets":{"a":{},"a":[1,2]}}}`,
	)
}
