// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package main

import "testing"

func TestHasFinding(t *testing.T) {
	report := []byte(`{"findings": [
		{"object": {"kind": "K", "namespace": "n", "name": "over"}, "resolvedAt": "2026-11-29T10:00:00Z"},
		{"object": {"kind": "K", "namespace": "n", "name": "broken"}}]}`)
	for name, want := range map[string]bool{"over": false, "broken": true, "other": false} {
		if got, err := hasFinding(report, object{"K", "n", name}); got != want || err != nil {
			t.Errorf("%s: %t, %v", name, got, err)
		}
	}
	if _, err := hasFinding([]byte("no JSON"), object{}); err == nil {
		t.Error("no error")
	}
}
