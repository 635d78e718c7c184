// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import "testing"

func FuzzRows(f *testing.F) {
	suite().Fuzz(f, suite().Objects(f), []string{
		`{"status":"oops"}`,
		`{"metadata":{"name":"a\nb\"c\\d","namespace":"\ud800"},"spec":{"url":"https://u:p%zz@h"},"status":{"conditions":[{"type":"Ready"},null]}}`,
		`{"metadata":{"name":"` + "\xff\xfe" + `"},"spec":{"components":["a","a"],"interval":"-9223372036854775808ns"}}`,
		`{"spec":{"reconcilers":[{"stats":{"totalSize":"NaN B"}},{"kind":"a","stats":{"totalSize":"-Inf KiB"}}]}}`,
		`{"metadata":{"creationTimestamp":"9999-12-31T23:59:59Z","generation":9223372036854775807}}`,
		`{"metadata":{"name":"a","name":"b"},"status":{"inventory":{"entries":{"a":1}}}}`,
	})
}

func TestInvalidDocumentReturnsError(t *testing.T) {
	suite().CheckBroken(t, object(t, "kustomization/ready"), `"spec"`)
}
