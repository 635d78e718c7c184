// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// aboutObjects calls f for each fixture whose rule is about objects, with one alert and a function
// for rows about its object.
func aboutObjects(t *testing.T, f func(x ruletest.Fixture, a ruletest.Alert,
	row func(metric, more string, differ ...string) ruletest.Row)) {
	t.Helper()
	seen := map[string]bool{}
	for _, x := range allFixtures(t) {
		for _, a := range evaluate(t, x, "cluster", x.Rows) {
			if a.Rule.Name != x.Rule || !a.Rule.AboutObject() {
				continue
			}
			kind, namespace, name, err := a.Object(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			f(x, a, func(metric, more string, differ ...string) ruletest.Row {
				value := func(label, v string) string {
					if slices.Contains(differ, label) {
						return "another"
					}
					return v
				}
				rows, err := ruletest.ParseRows(fmt.Sprintf(`%s{cluster=%q,group="g",kind=%q,namespace=%q,name=%q%s} 1`,
					metric, value("cluster", a.Labels.Get("cluster")), value("kind", kind), value("namespace", namespace), value("name", name), more))
				if err != nil {
					t.Fatal(err)
				}
				return rows[0]
			})
			seen[a.Rule.Name] = true
			break
		}
	}
	for _, r := range alerts.Rules() {
		if r.AboutObject() && !seen[r.Name] {
			t.Errorf("%s: no alert of a fixture names an object by its labels", r.Name)
		}
	}
}

// TestAlertsDisabled checks that an annotation turns off the alerts about its object only.
func TestAlertsDisabled(t *testing.T) {
	t.Parallel()
	aboutObjects(t, func(x ruletest.Fixture, a ruletest.Alert, row func(metric, more string, differ ...string) ruletest.Row) {
		others := slices.Clone(x.Rows)
		for _, label := range []string{"cluster", "kind", "namespace", "name"} {
			others = append(others, row(alerts.ObjectAlertsDisabled, "", label))
		}
		for _, r := range evaluateRule(t, x, a.Rule, others) {
			if r.String() == a.String() {
				a.Rule.Name = ""
			}
		}
		if a.Rule.Name != "" {
			t.Errorf("%s: another object turns %s off", x.Name, a)
		}
		a.Rule.Name = x.Rule
		for _, r := range evaluateRule(t, x, a.Rule, append(slices.Clone(x.Rows), row(alerts.ObjectAlertsDisabled, ""))) {
			if r.String() == a.String() {
				t.Errorf("%s: %s fires although its object turns it off", x.Name, a)
			}
		}
	})
}

func evaluateRule(t *testing.T, x ruletest.Fixture, r alerts.Rule, rows []ruletest.Row) []ruletest.Alert {
	t.Helper()
	e := evaluators()["cluster"]
	m, err := e.Moment(t.Context(), rows, x.Series, ruletest.TakenAt())
	if err != nil {
		t.Fatal(err)
	}
	found, err := e.Rule(t.Context(), m, r)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestOwners checks that alerts have the owner of their object, if there is one.
func TestOwners(t *testing.T) {
	t.Parallel()
	rules := map[string]alerts.Rule{}
	for _, g := range alerts.Owned(alerts.Catalogue()) {
		for _, r := range g.Rules {
			rules[r.Name] = r
		}
	}
	aboutObjects(t, func(x ruletest.Fixture, a ruletest.Alert, row func(metric, more string, differ ...string) ruletest.Row) {
		for _, c := range []struct {
			more string
			want []string
		}{{"", []string{"", ""}}, {`,owner="a",support_group="b"`, []string{"a", "b"}}, {`,owner="a"`, []string{"a", ""}}} {
			rows := append(slices.Clone(x.Rows), row(alerts.ObjectOwner, `,owner="x",support_group="y"`, "cluster"))
			if c.more != "" {
				rows = append(rows, row(alerts.ObjectOwner, c.more))
			}
			ok := false
			for _, r := range evaluateRule(t, x, rules[a.Rule.Name], rows) {
				ok = ok || cmp.Equal(c.want, []string{r.Labels.Get("owner"), r.Labels.Get("support_group")})
			}
			if !ok {
				t.Errorf("%s: no alert has %q", x.Name, c.want)
			}
		}
	})
}
