// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// ruleGroup is a group of a rule file.
type ruleGroup struct {
	Name  string
	Rules []struct {
		Record, Alert, Expr, For string
		KeepFiringFor            string `yaml:"keep_firing_for"`
		Labels, Annotations      map[string]string
	}
}

// plainGroups returns the groups of the catalogue without anchors.
func plainGroups(t *testing.T, label string) []ruleGroup {
	t.Helper()
	text, err := alerts.PrometheusRule(alerts.Catalogue(), label)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), ": *") {
		t.Error("the PrometheusRule has references")
	}
	var object struct {
		Spec struct{ Groups []ruleGroup }
	}
	if err := yaml.Unmarshal(text, &object); err != nil {
		t.Fatal(err)
	}
	return object.Spec.Groups
}

// TestSharedTexts checks that the rule file with shared texts has the same rules as the
// PrometheusRule, in which each rule has all of its texts.
func TestSharedTexts(t *testing.T) {
	t.Parallel()
	for _, label := range []string{"cluster", "clusterName"} {
		text, err := alerts.RuleFile(alerts.Catalogue(), label)
		if err != nil {
			t.Fatal(err)
		}
		var file struct{ Groups []ruleGroup }
		if err := yaml.Unmarshal(text, &file); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(plainGroups(t, label), file.Groups); diff != "" {
			t.Errorf("%s: (-PrometheusRule +file)\n%s", label, diff)
		}
		anchors := map[string]bool{}
		for word := range strings.FieldsSeq(string(text)) {
			if strings.HasPrefix(word, "&") && len(word) > 1 && anchors[word] {
				t.Errorf("%s: the anchor %s is defined twice", label, word)
			}
			anchors[word] = strings.HasPrefix(word, "&")
		}
	}
}
