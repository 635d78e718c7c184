// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/app"
)

// summaryLength is the maximum number of characters of a summary.
const summaryLength = 140

// wrongTexts has patterns that must not match an expanded text of an alert.
func wrongTexts() map[string]*regexp.Regexp {
	return map[string]*regexp.Regexp{
		"a negative number":            regexp.MustCompile(`(?:^|[\s(])-\d`),
		"a number that is not rounded": regexp.MustCompile(`\d\.\d{4}|\d[eE]\+\d|NaN|Inf\b`),
		"a plural of one":              regexp.MustCompile(`(?:^|[^.\w:/-])1 (?:[a-z]+ )?(?:object|node|entrie|secret|lease|key|pod|version|shard|token|voter|day|hour|minute|second)s\b`),
		"a singular of several":        regexp.MustCompile(`(?:^|[^.\w:/-])(?:[02-9]|\d\d+) (?:[a-z]+ )?(?:object|node|secret|lease|key|pod|version|shard|token|voter|day|hour)\b`),
		"a label that is missing":      regexp.MustCompile(`<no value>|error expanding|  | /| \.| ,|""|''|\(\)| $`),
		"a line break":                 regexp.MustCompile(`\n`),
	}
}

// textProblems returns the problems of the texts of an alert in a cluster.
func textProblems(cluster, summary, description string) []string {
	var problems []string
	for _, text := range []string{summary, description} {
		for problem, pattern := range wrongTexts() {
			if pattern.MatchString(text) {
				problems = append(problems, problem+": "+text)
			}
		}
	}
	if len([]rune(summary)) > summaryLength {
		problems = append(problems, "a summary that is too long: "+summary)
	}
	if cluster != "" && !regexp.MustCompile(`(?i)\bcluster `+regexp.QuoteMeta(cluster)+`\b`).MatchString(summary) {
		problems = append(problems, "the cluster is missing: "+summary)
	}
	return problems
}

// TestTextProblems checks that textProblems detects each problem.
func TestTextProblems(t *testing.T) {
	t.Parallel()
	const good = "Pod x in cluster a fails"
	for text, want := range map[string]string{
		"It expired -3d ago.": "a negative number", "It is 1.23456 s late.": "a number that is not rounded", "It has 1.2e+06 rows.": "a number that is not rounded",
		"It has 1 objects.": "a plural of one", "There are 1 sealed nodes.": "a plural of one", "It has 2 object.": "a singular of several",
		"Pod x of  fails.": "a label that is missing", `The name is "".`: "a label that is missing", "One\ntwo": "a line break",
	} {
		if diff := cmp.Diff([]string{want + ": " + text}, textProblems("a", good, text)); diff != "" {
			t.Errorf("%q: (-want +got)\n%s", text, diff)
		}
	}
	if got := textProblems("a", "Pod x of cluster b fails", ""); len(got) != 1 {
		t.Errorf("the cluster is another one: %v", got)
	}
	if got := textProblems("a", good, "It has 1 object and 21 nodes, 0.05 s late, 3 days ago, on openbao-1:8200."); got != nil {
		t.Errorf("a good text: %v", got)
	}
}

// TestTextsOfRules checks that a summary begins with the object, and that no text has vague words.
func TestTextsOfRules(t *testing.T) {
	t.Parallel()
	article := regexp.MustCompile(`^(?:The|A|An|No|There|It|This|What)\b|^\{\{ \$value|^\d`)
	vague := regexp.MustCompile(`(?i)\b(?:nobody|somebody|whoever|anybody|says?|tells?|cobaltcore_\w+)\b`)
	for _, r := range alerts.Rules() {
		if article.MatchString(r.Summary) {
			t.Errorf("%s: the summary does not begin with the object: %s", r.Name, r.Summary)
		}
		for _, text := range []string{r.Summary, r.Description} {
			if word := vague.FindString(text); word != "" {
				t.Errorf("%s: %q in: %s", r.Name, word, text)
			}
		}
	}
}

// TestFewLabels checks that the labels by which expressions are grouped are all labels of the family.
func TestFewLabels(t *testing.T) {
	t.Parallel()
	declared := map[string][]string{}
	for _, f := range app.Families() {
		declared[f.Name] = f.Labels
	}
	for name, labels := range alerts.FewLabels() {
		if diff := cmp.Diff(slices.Sorted(slices.Values(declared[name])), slices.Sorted(slices.Values(labels))); diff != "" {
			t.Errorf("%s (-declared +in alerts):\n%s", name, diff)
		}
	}
}
