// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import (
	"bytes"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func TestProjectionHasTheSameRows(t *testing.T) {
	rig := suite().Rig(t, collectortest.Management)
	for _, c := range suite().Cases(t) {
		o := c.Objects[0]
		kept := rig.CheckProjection(t, o.Kind, o.Raw)
		checkSecrets(t, o, string(kept))
		for _, key := range []string{"message", "fieldsV1", "webhookPath", "app.kubernetes.io/managed-by", "last-applied", "postBuild", "values"} {
			if bytes.Contains(kept, []byte(`"`+key)) {
				t.Errorf("%s: %s is kept: %s", c.File, key, kept)
			}
		}
	}
}

// TestProjectionKeepsInvalidValues checks that snapshots keep values of a wrong type.
func TestProjectionKeepsInvalidValues(t *testing.T) {
	rig := suite().Rig(t, collectortest.Management)
	for _, o := range suite().Objects(t) {
		rig.CheckBrokenProjections(t, o, wrongTypes())
	}
}

func FuzzProjection(f *testing.F) {
	suite().FuzzProjection(f,
		`{"metadata":{"name":"a","name":"b","annotations":{"fluxcd.controlplane.io/reconcile":"Disabled"}},"status":{"inventory":{"entries":{"a":1}}}}`,
		`{"metadata":{"name":"a","generation":"1","creationTimestamp":"yesterday","managedFields":[{"manager":1,"time":[]}]},"spec":{"suspend":1,"components":[1,{}]}}`,
	)
}
