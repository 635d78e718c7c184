// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "testing"

func TestFirstCommand(t *testing.T) {
	t.Parallel()
	commands := []Command{
		{"", "kubectl --context $CLUSTER -n $NS get $KIND ${NAME}"}, {"", "bao read $MOUNT/crl"}, {"HelmRelease", "helm list"},
		{"Store", `kubectl -n "${NS-}" get $NAME-x`}, {"", "date"},
	}
	for name, tc := range map[string]struct {
		labels map[string]string
		want   string
	}{
		"of Flux": {
			map[string]string{"cluster": "hub", "exported_namespace": "a", "namespace": "b", "kind": "Kustomization", "name": "apps"},
			"kubectl --context hub -n a get Kustomization apps",
		},
		"of OpenBao":       {map[string]string{"cluster": "hub", "path": "pki"}, "bao read pki/crl"},
		"of a kind":        {map[string]string{"kind": "HelmRelease"}, "helm list"},
		"optional":         {map[string]string{"kind": "Store", "name": "s", "namespace": "n"}, `kubectl -n "n" get s-x`},
		"optional, empty":  {map[string]string{"kind": "Store", "name": "s"}, "kubectl get s-x"},
		"optional, unsafe": {map[string]string{"kind": "Store", "name": "s", "namespace": "$(x)"}, "date"},
		"of any":           {map[string]string{"kind": "Pod"}, "date"},
		"not for a shell":  {map[string]string{"mount": "a$(reboot)"}, "date"},
		"not a flag":       {map[string]string{"mount": "-force"}, "date"},
		"without labels":   {nil, "date"},
	} {
		if got := FirstCommand(commands, tc.labels); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}

// TestPlaybooksHaveACommand checks that each playbook has a command that the page can show.
func TestPlaybooksHaveACommand(t *testing.T) {
	t.Parallel()
	for _, r := range Rules() {
		if r.Severity != Info && len(r.Commands()) == 0 {
			t.Errorf("%s: its playbook has no command", r.Name)
		}
	}
}
