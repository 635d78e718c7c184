// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package externalsecrets

import (
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/collectortest"
)

func FuzzExternalSecret(f *testing.F)        { fuzz(f, "ExternalSecret") }
func FuzzPushSecret(f *testing.F)            { fuzz(f, "PushSecret") }
func FuzzSecretStore(f *testing.F)           { fuzz(f, "SecretStore") }
func FuzzClusterSecretStore(f *testing.F)    { fuzz(f, "ClusterSecretStore") }
func FuzzClusterExternalSecret(f *testing.F) { fuzz(f, "ClusterExternalSecret") }
func FuzzClusterPushSecret(f *testing.F)     { fuzz(f, "ClusterPushSecret") }

func fuzz(f *testing.F, kind string) {
	f.Helper()
	suite().Fuzz(f, suite().Objects(f, kind), []string{
		`{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"status":{"conditions":[{"type":"Ready","reason":"\u0000"},null]}}`,
		`{"metadata":{"name":"` + "\xff\xfe" + `"},"spec":{"refreshInterval":"-9223372036854775808ns"}}`,
		`{"metadata":{"name":"a","generation":9223372036854775807,"creationTimestamp":"9999-12-31T23:59:59Z"},"status":{"syncedResourceVersion":"9223372036854775808-"}}`,
		`{"metadata":{"name":"a"},"spec":{"provider":{"vault":{"auth":{"kubernetes":[{}],"jwt":5}},"openBao":{"auth":null},"vault":null,"":{}}}}`,
		`{"metadata":{"name":"a"},"spec":{"provider":{"openBao":{"server":"http://[::1","auth":{"tokenSecretRef":{"namespace":{}}}}}},"status":{"capabilities":"x"}}`,
		`{"metadata":{"name":"a"},"spec":{"secretStoreRefs":[{"name":"x"},{"name":"x","labelSelector":{}},null,[]],"data":{"a":1}},"status":{"syncedPushSecrets":{"a":{},"a":[1,2]}}}`,
		`{"metadata":{"name":"a"},"spec":{"data":[{"sourceRef":{"storeRef":{"name":"x"}}},null,{"sourceRef":{"storeRef":[]}}],"dataFrom":{}}}`,
		`{"metadata":{"name":"a"},"status":{"failedNamespaces":{"a":1},"provisionedNamespaces":[[[]]]}}`,
		`{"metadata":{"name":"a","name":"b"},"spec":{"provider":{"vault":{"auth":{"iam":{"secretRef":{"accessKeyIDSecretRef":{"secretAccessKeySecretRef":{}}}}}}}}}`,
	}, kind)
}

func TestInvalidDocumentReturnsError(t *testing.T) {
	suite().CheckBroken(t, collectortest.Find(t, "recorded/control-plane-variants.json", "ClusterSecretStore", "variants-path"), `"auth"`)
}
