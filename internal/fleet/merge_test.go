// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestMerge checks that the first cluster with a name is used.
func TestMerge(t *testing.T) {
	place := func(source, namespace string, clusters ...string) PlaceState {
		p := PlaceState{Source: Source{"management", source, namespace}}
		for _, c := range clusters {
			name, secret, _ := strings.Cut(c, " in ")
			p.Found = append(p.Found, Cluster{Name: name, Source: source, Credentials: &Credentials{Secret: SecretRef{"management", namespace, secret}}})
		}
		return p
	}
	for name, tc := range map[string]struct {
		places         []PlaceState
		want, findings []string
	}{
		"nothing found": {want: []string{"management", "storage"}},
		"all different": {
			places: []PlaceState{place(SourceFluxSecret, "flux-system", "a in a-kubeconfig"), place(SourceGreenhouse, "org", "b in b")},
			want:   []string{"management", "storage", "a of flux-secret", "b of greenhouse"},
		},
		"a configured one wins": {
			places:   []PlaceState{place(SourceFluxSecret, "flux-system", "a in a-kubeconfig", "storage in storage-kubeconfig")},
			want:     []string{"management", "storage", "a of flux-secret"},
			findings: []string{"flux-secret storage-kubeconfig name_taken: cluster storage of the configuration"},
		},
		"then the first place": {
			places:   []PlaceState{place(SourceSecret, "c5c3-clusters", "a in a"), place(SourceFluxSecret, "flux-system", "a in a-kubeconfig")},
			want:     []string{"management", "storage", "a of secret"},
			findings: []string{"flux-secret a-kubeconfig name_taken: secret management/c5c3-clusters/a"},
		},
		"two of a name in one place": {
			places:   []PlaceState{place(SourceSecret, "n", "a in a", "a in a-kubeconfig")},
			want:     []string{"management", "storage", "a of secret"},
			findings: []string{"secret a-kubeconfig name_taken: secret management/n/a"},
		},
		"one Secret, found twice": {
			places:   []PlaceState{place(SourceFluxSecret, "n", "a in a-kubeconfig"), place(SourceSecret, "n", "other in a-kubeconfig")},
			want:     []string{"management", "storage", "a of flux-secret"},
			findings: []string{"secret a-kubeconfig same_secret: cluster a of flux-secret management/n/a-kubeconfig"},
		},
		"a loser takes nothing with it": {
			places:   []PlaceState{place(SourceFluxSecret, "n", "storage in x"), place(SourceSecret, "n", "x in x")},
			want:     []string{"management", "storage", "x of secret"},
			findings: []string{"flux-secret x name_taken: cluster storage of the configuration"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fleet, findings := Merge([]Cluster{{Name: "management"}, {Name: "storage"}}, tc.places)
			var got, gotFindings []string
			for _, c := range fleet {
				got = append(got, strings.TrimSuffix(c.Name+" of "+c.Source, " of "))
			}
			for _, f := range findings {
				gotFindings = append(gotFindings, fmt.Sprintf("%s %s %s: %s", f.Source.Source, f.Name, f.Reason, f.Other))
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tc.findings, gotFindings); diff != "" {
				t.Error(diff)
			}
		})
	}
}
