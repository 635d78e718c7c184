// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import "testing"

func TestFirstCommand(t *testing.T) {
	t.Parallel()
	commands := []Command{
		{text: "kubectl --context $CLUSTER -n $NS get $KIND ${NAME}"}, {text: "bao read $MOUNT/crl"}, {kind: "HelmRelease", text: "helm list"},
		{kind: "Store", text: `kubectl -n "${NS-}" get $NAME-x`}, {kind: "Plugin", text: `R=$(f $NAME); helm "$R"`, own: []string{"R"}},
		{text: "date"},
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
		"of its own":       {map[string]string{"kind": "Plugin", "name": "p"}, `R=$(f p); helm "$R"`},
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

// TestFirstCommandOfABlock checks that a command has the assignments that it uses, and that examples are the last choice.
func TestFirstCommandOfABlock(t *testing.T) {
	t.Parallel()
	for block, want := range map[string]string{
		"# why\nls\ndate\n":                       "ls",
		"A=$(x)\nB=$(y $A)\nls \"$B\" ${A:-.}\n":  `A=$(x); B=$(y $A); ls "$B" ${A:-.}`,
		"A=$(x)\nA_B=$(y)\nls $A_B\n":             "A_B=$(y); ls $A_B",
		"A=a.example # the host\nls\nping $A\n":   "ls",
		"A=a.example # the host\nping $A\ndate\n": "date",
		"A=a.example # the host\nping $A\n":       "A=a.example; ping $A",
		"A=$(x)\n":                                "",
	} {
		if got := firstCommand(block).text; got != want {
			t.Errorf("%q: %q, want %q", block, got, want)
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
