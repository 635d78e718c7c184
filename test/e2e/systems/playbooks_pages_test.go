//go:build testbed

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package systems

import (
	"cmp"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/e2e/harness"
	"github.com/cobaltcore-dev/cobaltcore-exporter/test/testbed"
)

// page is a playbook and an alert that links to it.
type page struct {
	name   string // of the file, without .md
	text   string
	fix    ruletest.Case
	labels map[string]string
}

// alertPages returns each playbook with alerts of the fixtures of its rules: about an object in a
// namespace and about one in none, and about each kind for which it has a block.
func alertPages(t *testing.T) []page {
	t.Helper()
	cases, err := ruletest.Cases()
	harness.Must(t, err)
	root, err := testbed.RepoRoot()
	harness.Must(t, err)
	found, names := map[string]page{}, map[string]bool{}
	for _, r := range alerts.Rules() {
		if r.Severity == alerts.Info {
			continue
		}
		text, err := os.ReadFile(filepath.Join(root, "alerts", "playbooks", r.PlaybookFile()))
		harness.Must(t, err)
		p := page{name: strings.TrimSuffix(r.PlaybookFile(), ".md"), text: string(text)}
		if _, ok := names[p.name]; !ok {
			names[p.name] = false
		}
		// The fixtures of the rule have precedence.
		slices.SortStableFunc(cases, func(a, b ruletest.Case) int {
			return -cmp.Compare(boolToInt(a.Rule == r.Name), boolToInt(b.Rule == r.Name))
		})
		for _, c := range cases {
			got, ok, err := c.WantLabels(r.Name)
			harness.Must(t, err)
			if !ok {
				continue
			}
			p.fix, p.labels, names[p.name] = c, got.Map(), true
			if _, ok := found[p.variant()]; !ok {
				found[p.variant()] = p
			}
		}
	}
	for name, found := range names {
		if !found {
			t.Errorf("no fixture has an alert that leads to %s.md", name)
		}
	}
	return slices.SortedFunc(maps.Values(found), func(a, b page) int { return cmp.Compare(a.variant(), b.variant()) })
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// variant returns the name of the playbook and the variables on which its commands depend.
func (p page) variant() string {
	name := p.name
	if strings.Contains(p.text, "```sh kind=") {
		name += " " + p.labels["kind"]
	}
	if p.variables()["NS"] == "" {
		name += " cluster-scoped"
	}
	return name
}

// variables returns the variables that the README of the playbooks declares: each label under its name in
// capitals, and short names for the labels of the object.
func (p page) variables() map[string]string {
	set := map[string]string{"BAO_NS": "openbao-system", "TARGET": p.labels["cluster"]}
	for label, value := range p.labels {
		if label != "path" { // PATH is the shell's
			set[strings.ToUpper(label)] = value
		}
	}
	for label, variable := range map[string]string{
		"target_cluster": "TARGET", "exported_namespace": "NS", "namespace": "NS", "mount": "MOUNT", "path": "MOUNT",
	} {
		if value, ok := p.labels[label]; ok {
			set[variable] = value
		}
	}
	return set
}

// contexts returns the clusters that the commands of playbooks connect to.
func contexts(pages []page) []string {
	names := map[string]bool{"management": true, "control-plane": true}
	for _, p := range pages {
		names[p.labels["cluster"]] = true
		names[p.labels["target_cluster"]] = true
	}
	delete(names, "")
	return slices.Sorted(maps.Keys(names))
}

var (
	// A block may be for one kind only: ```sh kind=HelmRelease.
	shellBlock = regexp.MustCompile("(?ms)^ *```sh(?: kind=(\\w+))?\n(.*?)^ *```$")
	mention    = regexp.MustCompile(`^[a-z]+(?: [a-z][a-z-]*)*$`)
	inlineCode = regexp.MustCompile("`((?:kubectl|flux|helm|bao|cobaltcore-exporter) [^`…]+)`")
)

// script returns the commands of a playbook: first those in blocks, then those in its text. For a command without
// arguments in the text, it requests the help.
func (p page) script() string {
	var b strings.Builder
	b.WriteString("set -u\n")
	for _, block := range shellBlock.FindAllStringSubmatch(p.text, -1) {
		if block[1] == "" || block[1] == p.labels["kind"] {
			b.WriteString(block[2])
		}
	}
	for _, m := range inlineCode.FindAllStringSubmatch(shellBlock.ReplaceAllString(p.text, ""), -1) {
		command := strings.Join(strings.Fields(m[1]), " ")
		if mention.MatchString(command) {
			command += " --help"
		}
		b.WriteString(command + "\n")
	}
	return b.String()
}
