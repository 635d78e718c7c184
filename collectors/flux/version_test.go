// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package flux

import "testing"

func TestInRange(t *testing.T) {
	for _, tc := range []struct {
		constraint string
		fits, not  []string
	}{
		{"2.x", []string{"v2.0.0", "2.9.5"}, []string{"v1.9.9", "v3.0.0"}},
		{"2.7.x", []string{"v2.7.0", "v2.7.9"}, []string{"v2.6.9", "v2.8.0"}},
		{"2.7.1", []string{"v2.7.1"}, []string{"v2.7.0", "v2.7.2"}},
		{"=2.7", []string{"v2.7.5"}, []string{"v2.8.0"}},
		{"*", []string{"v0.0.1", "v9.0.0"}, nil},
		{">2.7", []string{"v2.8.0"}, []string{"v2.7.9"}},
		{">2.7.1", []string{"v2.7.2"}, []string{"v2.7.1"}},
		{">= 2.7, < 2.9", []string{"v2.7.0", "v2.8.9"}, []string{"v2.6.9", "v2.9.0"}},
		{">=2.7 <=2.8", []string{"v2.8.9"}, []string{"v2.9.0"}},
		{"!=2.7.1", []string{"v2.7.0", "v2.7.2"}, []string{"v2.7.1"}},
		{"~2.7.2", []string{"v2.7.2", "v2.7.9"}, []string{"v2.7.1", "v2.8.0"}},
		{"~>2", []string{"v2.9.0"}, []string{"v3.0.0"}},
		{"^2.7.2", []string{"v2.7.2", "v2.9.0"}, []string{"v2.7.1", "v3.0.0"}},
		{"^0.3.1", []string{"v0.3.9"}, []string{"v0.4.0"}},
		{"^0.0.3", []string{"v0.0.3"}, []string{"v0.0.4"}},
		{"2.6 - 2.8", []string{"v2.6.0", "v2.8.9"}, []string{"v2.5.9", "v2.9.0"}},
		{"2.6.x || >=2.9.1", []string{"v2.6.3", "v2.9.1"}, []string{"v2.7.0", "v2.9.0"}},
	} {
		for want, versions := range map[bool][]string{true: tc.fits, false: tc.not} {
			for _, version := range versions {
				if got, ok := inRange(tc.constraint, version); got != want || !ok {
					t.Errorf("inRange(%q, %q) = %t, %t, want %t, true", tc.constraint, version, got, ok, want)
				}
			}
		}
	}
	for _, tc := range [][2]string{{"", "v2.7.0"}, {"2.x", ""}, {"2.x", "v2.7"}, {"2.x", "v2.8.0-rc.1"}, {"latest", "v2.7.0"}, {">=2.7 or so", "v2.7.0"}, {"2.x ||", "v2.7.0"}} {
		if fits, ok := inRange(tc[0], tc[1]); ok || fits {
			t.Errorf("inRange(%q, %q) = %t, %t, want false, false", tc[0], tc[1], fits, ok)
		}
	}
}
