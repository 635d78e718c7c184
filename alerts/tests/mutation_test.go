//go:build mutants

// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package tests_test

import (
	"context"
	"fmt"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/ruletest"
)

// harmless lists mistakes that do not change results, with the reasons.
func harmless() map[string]string {
	const object = `\[cluster target_cluster kind exported_namespace name\]`
	return map[string]string{
		`.* (on|by) \(` + object + `\) without target_cluster`:                                                                                             "an object is applied to one cluster",
		`.*: by \(\[.*onset.*\]\) without (onset|store_namespace)`:                                                                                         "the recordings of ages have none; TestRules compares with the report, which does not use them",
		`FluxVersionSkew: cobaltcore_flux_instance_version_info without applied!=""`:                                                                       "in the count of a version: what has none is not counted",
		`FluxVersionSkew: by \(\[cluster version\]\) without version`:                                                                                      "in the count of all: a cluster has one version",
		`ExporterReplicaDown: up without job=~".*"`:                                                                                                        "in what is matched: the job is the same",
		`FluxComponentExtra: by \(\[cluster namespace component\]\) without component`:                                                                     "in a join by fewer labels",
		`FluxImageDiffers: by \(\[cluster namespace component image\]\) without image`:                                                                     "in a join by fewer labels",
		`.*: cobaltcore_watch_(synced|present) without collector="\w+"`:                                                                                    "a kind belongs to one collector",
		`FluxVersionOutOfRange: unless on \(` + object + `\) without cluster`:                                                                              "a FluxInstance has its own cluster as target_cluster",
		`(ESO(Secret)?StoreNotReady|ESOExternalSecretFailing|ESOExternalSecretUnprocessed): by \(\[.*\]\) without problem`:                                 "what it selects has none",
		`(CobaltCoreGreenhouseCatalog|GreenhousePreset)NotReady: by \(\[.*\]\) without condition`:                                                          "what it selects has none",
		`GreenhousePresetFailing: cobaltcore_greenhouse_object_not_ready_since_timestamp_seconds without kind="Plugin"`:                                    "a PluginPreset, which is its own preset, is left out if it is suspended or being deleted",
		`ESOStoreNotValidated: (by|and on) \(\[cluster kind namespace name\]\) without (kind|namespace)`:                                                   "only a ClusterSecretStore, which has no namespace, is not validated",
		`(SecretFlow\w+|cobaltcore:secretflow_behind:since): (\*|<|and) on \(\[backend mount path_id\]\) without mount`:                                    "path_id is of the mount, too",
		`(SecretFlow\w+|cobaltcore:secretflow_behind:since): .*_last_sync_timestamp_seconds without path_id!=""`:                                           "what has no path is not stored",
		`(ESO|Greenhouse|Aurora)\w+: by \(\[cluster (operator|aurora|backend|store)\]\) without \w+`:                                                       "what it groups has no such label",
		`GreenhousePluginOutdated: .* without definition_kind`:                                                                                             "only a PluginDefinition has a namespace",
		`(ExporterRefusesClients|OpenBao(AuditFailure|RootTokenCreated|PKI(Tidy)?Failing)|ESOStoreSyncErrors|ControllerNotReconciling): 0 of another unit`: "increase() makes more of a counter that went up by one",
	}
}

// moment has the rows of a fixture.
type moment struct {
	name string
	ruletest.Moment
}

// TestMistakesAreFound checks that each mistake in an expression changes the result of a fixture.
func TestMistakesAreFound(t *testing.T) {
	e := ruletest.NewEvaluator("cluster")
	var moments []moment
	for _, f := range append(slices.Clone(allFixtures(t)), crowd(t), states()) {
		m, err := e.Moment(t.Context(), f.Rows, f.Series, ruletest.TakenAt())
		if err != nil {
			t.Fatal(err)
		}
		moments = append(moments, moment{f.Name, m})
	}
	allowed, used := map[*regexp.Regexp]string{}, map[*regexp.Regexp]bool{}
	for pattern, why := range harmless() {
		allowed[regexp.MustCompile("^(?:"+pattern+")$")] = why
	}
	ran := 0
	notice := func(name, expr string) {
		t.Run(name, func(t *testing.T) {
			ran++
			for _, mistake := range unnoticed(t, e, moments, name, expr) {
				known := false
				for pattern := range allowed {
					if pattern.MatchString(mistake) {
						used[pattern], known = true, true
					}
				}
				if !known {
					t.Errorf("no fixture detects the mistake %s: change a fixture so that its result differs with this mistake, "+
						"or add it to harmless() with the reason", mistake)
				}
			}
		})
	}
	all := 0
	for _, g := range alerts.Catalogue() {
		for _, r := range g.Recordings {
			if !r.PrometheusOnly { // it is tested with the rules that use it
				notice(r.Name, r.Expr)
			} else {
				ran++
			}
		}
		for _, r := range g.Rules {
			notice(r.Name, r.Expr)
		}
		all += len(g.Recordings) + len(g.Rules)
	}
	for pattern, why := range allowed {
		if ran == all && !used[pattern] { // -run may select only some rules
			t.Errorf("%s: every such mistake is detected, remove the pattern from harmless() (%s)", pattern, why)
		}
	}
}

// unnoticed returns the mistakes in an expression that no fixture detects.
func unnoticed(t *testing.T, e *ruletest.Evaluator, moments []moment, name, expr string) []string {
	t.Helper()
	parsed, err := alerts.Parse(expr)
	if err != nil {
		t.Fatal(err)
	}
	all, err := mutants(expr)
	if err != nil {
		t.Fatal(err)
	}
	// The fixtures of the rule itself come first. Many other fixtures have the same rows for it.
	moments = slices.Clone(moments)
	slices.SortStableFunc(moments, func(a, b moment) int { return rank(name, a.name) - rank(name, b.name) })
	seen, want := map[string]bool{}, []string{}
	moments = slices.DeleteFunc(moments, func(m moment) bool {
		sum := m.Sum(alerts.Metrics(parsed))
		again := seen[sum]
		seen[sum] = true
		return again
	})
	for _, m := range moments {
		want = append(want, outcome(t.Context(), e, m.Moment, expr))
	}
	missed := make([]bool, len(all))
	var running sync.WaitGroup
	slots := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i, mistake := range all {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			for n, m := range moments {
				if outcome(t.Context(), e, m.Moment, mistake.expr) != want[n] {
					return
				}
			}
			missed[i] = true
		})
	}
	running.Wait()
	var mistakes []string
	for i, m := range all {
		if missed[i] {
			mistakes = append(mistakes, name+": "+m.mistake)
		}
	}
	return mistakes
}

func rank(rule, fixture string) int {
	switch {
	case fixture == rule || strings.HasPrefix(fixture, rule+"/"):
		return 0
	case fixture == "crowd":
		return 2
	}
	return 1
}

// outcome returns the result of an expression as text.
func outcome(ctx context.Context, e *ruletest.Evaluator, m ruletest.Moment, expr string) string {
	vector, err := e.Query(ctx, m, expr)
	if err != nil {
		return err.Error()
	}
	lines := make([]string, len(vector))
	for i, s := range vector {
		lines[i] = fmt.Sprint(s.Metric, s.F)
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}
