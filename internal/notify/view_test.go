// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package notify

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/alertmanager/api/v2/models"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

func matcherJSON(name, value, equal, regex string) string {
	if equal == "" {
		return fmt.Sprintf(`{"name":%q,"value":%q,"isRegex":%s}`, name, value, regex)
	}
	return fmt.Sprintf(`{"name":%q,"value":%q,"isEqual":%s,"isRegex":%s}`, name, value, equal, regex)
}

// silenceJSON returns a silence that is active for an hour around the start of the clock.
func silenceJSON(id, state string, matchers ...string) string {
	return "[" + silenceList(id, state, "2026-11-24T13:00:00Z", matchers...) + "]"
}

func silenceList(id, state, end string, matchers ...string) string {
	return fmt.Sprintf(`{"id":%q,"comment":"until Friday","createdBy":"me","startsAt":"2026-11-24T11:00:00Z","endsAt":%q,"updatedAt":"2026-11-24T11:00:00Z","status":{"state":%q},"matchers":[%s]}`,
		id, end, state, strings.Join(matchers, ","))
}

// TestMatchers checks that matchers work as in Alertmanager: anchored, and a missing label is
// empty.
func TestMatchers(t *testing.T) {
	t.Parallel()
	alert := map[string]string{"alertname": "BaoDown", "cluster": "storage", "namespace": ""}
	for matchers, want := range map[string]bool{
		matcherJSON("alertname", "BaoDown", "true", "false"):                                             true,
		matcherJSON("alertname", "BaoDown", "", "false"):                                                 true, // written by an old Alertmanager
		matcherJSON("alertname", "Bao", "true", "false"):                                                 false,
		matcherJSON("alertname", "Bao", "false", "false"):                                                true,
		matcherJSON("alertname", "BaoDown", "false", "false"):                                            false,
		matcherJSON("alertname", "Bao.*", "true", "true"):                                                true,
		matcherJSON("alertname", "Bao", "true", "true"):                                                  false, // anchored
		matcherJSON("alertname", "x|BaoDown", "", "true"):                                                true,
		matcherJSON("alertname", "Bao.*", "false", "true"):                                               false,
		matcherJSON("alertname", "Bao", "false", "true"):                                                 true,
		matcherJSON("alertname", "(", "true", "true"):                                                    false, // cannot be
		matcherJSON("none", "", "true", "false"):                                                         true,
		matcherJSON("none", ".+", "true", "true"):                                                        false,
		matcherJSON("namespace", "", "true", "false"):                                                    true,
		matcherJSON("clusterName", "storage", "", "false"):                                               true,
		matcherJSON("cluster", "", "", "false"):                                                          true, // is called otherwise
		matcherJSON("region", "eu-de-1", "", "false"):                                                    true,
		matcherJSON("sent_by", "", "", "false"):                                                          true,
		matcherJSON("alertname", "BaoDown", "", "false") + "," + matcherJSON("region", "x", "", "false"): false,
		"": false,
	} {
		c := newClock()
		am := newFakeAlertmanager(t, c, "", httptest.NewServer)
		am.silences = silenceJSON("1", "active", matchers)
		e := newTestNotifier(c, func(a *config.Alertmanager) { a.ExternalLabels = map[string]string{"region": "eu-de-1"} }, am.URL)
		e.options.ClusterLabel = "clusterName"
		e.Round(t.Context())
		if _, got := e.FindSilence(alert); got != want {
			t.Errorf("%s: silenced is %v", matchers, got)
		}
	}
}

func TestSilenced(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", httptest.NewServer)
	all := matcherJSON("cluster", "storage", "", "false")
	am.silences = "[null,{}," + strings.Join([]string{
		silenceList("over", "expired", "2026-11-24T12:45:00Z", all),
		silenceList("short", "active", "2026-11-24T12:10:00Z", all),
		silenceList("long", "active", "2026-11-24T12:30:00Z", all),
		strings.ReplaceAll(silenceList("later", "pending", "2026-11-24T14:00:00Z", all), "11:00:00Z\",\"endsAt", "12:35:00Z\",\"endsAt"),
		silenceList("others", "active", "2026-11-24T15:00:00Z", all, matcherJSON("severity", "info", "", "false")),
	}, ",") + "]"
	e := newTestNotifier(c, func(a *config.Alertmanager) { a.FallbackAfter = config.Duration(24 * time.Hour) }, am.URL)
	for _, step := range []struct {
		after time.Duration
		want  string
		count int
	}{{0, "long", 3}, {15 * time.Minute, "long", 2}, {15 * time.Minute, "", 1}, {10 * time.Minute, "later", 2}} {
		c.move(step.after)
		e.Round(t.Context())
		got, ok := e.FindSilence(map[string]string{"alertname": "BaoDown", "cluster": "storage"})
		if got.ID != step.want || ok != (step.want != "") || ok && got.Comment != "until Friday" {
			t.Errorf("%s: %+v", c.now(), got)
		}
		if want := fmt.Sprintf("silences %d", step.count); !strings.Contains(e.scrape(t)+"\n", want+"\n") {
			t.Errorf("%s: not %s: %s", c.now(), want, e.scrape(t))
		}
	}
}

func TestState(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", httptest.NewServer)
	set := func(more ...string) map[string]string {
		l := map[string]string{"alertname": "BaoDown", "cluster": "storage"}
		for i := 0; i+1 < len(more); i += 2 {
			l[more[i]] = more[i+1]
		}
		return l
	}
	am.foreignAlerts = strings.Join([]string{
		alertJSON(set("prometheus", "a"), "suppressed", "s1"),
		alertJSON(set("prometheus", "a", "namespace", "x"), "suppressed", "s2"),
		alertJSON(set("prometheus", "b", "namespace", "x"), "active", ""),
		alertJSON(set("cluster", "hypervisor"), "unprocessed", ""),
		"null", "{}",
	}, ",")
	e := newTestNotifier(c, nil, am.URL)
	e.Round(t.Context())
	for _, tc := range []struct {
		labels map[string]string
		want   string
	}{
		{set("prometheus", "a", "namespace", "x"), "suppressed [s2]"},
		{set("namespace", "x"), "active []"},
		{set("namespace", ""), "active []"},
		{set("cluster", "hypervisor"), "unprocessed []"},
		{set("cluster", "management"), " []"},
		{map[string]string{"cluster": "storage"}, " []"},
	} {
		got, ok := e.FindState(tc.labels)
		if text := fmt.Sprint(got.State, " ", got.SilencedBy); text != tc.want || ok != (got.State != "") {
			t.Errorf("%v: %s", tc.labels, text)
		}
	}
}

func TestWatchdog(t *testing.T) {
	t.Parallel()
	c := newClock()
	am := newFakeAlertmanager(t, c, "", httptest.NewServer)
	am.foreignAlerts = alertJSON(map[string]string{"alertname": "Watchdog", "cluster": "a"}, "active", "") + "," +
		alertJSON(map[string]string{"alertname": "Watchdog", "clusterName": "b"}, "suppressed", "s") + "," +
		alertJSON(map[string]string{"alertname": "Other", "cluster": "c"}, "active", "")
	e := newTestNotifier(c, func(a *config.Alertmanager) { a.Watchdog = true }, am.URL)
	e.options.ClusterLabel = "clusterName"
	look := func() string { return strings.Join(rowsOf(e.scrape(t, "a", "b", "c"), "watchdog"), "\n") }
	if got := look(); got != "" {
		t.Errorf("before it is known: %s", got)
	}
	e.Round(t.Context())
	want := "watchdog_missing{cluster=\"a\"} 0\nwatchdog_missing{cluster=\"b\"} 0\nwatchdog_missing{cluster=\"c\"} 1"
	if diff := cmp.Diff(want, look()); diff != "" {
		t.Error(diff)
	}
	c.move(time.Hour)
	if got := look(); got != "" {
		t.Errorf("when it is not known any more: %s", got)
	}
	if body := newTestNotifier(c, nil, am.URL).scrape(t, "a"); strings.Contains(body, "watchdog") {
		t.Error(body)
	}
}

// FuzzAnswers checks that no answer of Alertmanager crashes the exporter.
func FuzzAnswers(f *testing.F) {
	f.Add(alertJSON(map[string]string{"alertname": "x"}, "active", "s"), silenceJSON("1", "active", matcherJSON("a", "b", "true", "true")))
	f.Add("null", "[null,{}]")
	f.Add(`{"status":{"state":"active"},"fingerprint":"1"}`, `[{"id":"1","status":{},"matchers":[null]}]`)
	f.Fuzz(func(t *testing.T, alert, silences string) {
		var alerts models.GettableAlerts
		if json.Unmarshal([]byte("["+alert+"]"), &alerts) != nil {
			return
		}
		var found models.GettableSilences
		if json.Unmarshal([]byte(silences), &found) != nil {
			return
		}
		c := newClock()
		e := newTestNotifier(c, func(a *config.Alertmanager) { a.Watchdog = true }, "http://127.0.0.1:1")
		e.view = newView(c.now(), []peerAnswer{{alerts: alerts}}, found)
		for _, a := range alerts {
			if a != nil {
				e.FindSilence(a.Labels)
				e.FindState(a.Labels)
			}
		}
		_, _ = e.watchdogMissing("a")
		_ = e.view.countActiveSilences(c.now())
	})
}

// TestSilenceLink tests the matchers of the form for a new silence.
func TestSilenceLink(t *testing.T) {
	t.Parallel()
	one := func(name, namespace string) map[string]string {
		return map[string]string{"alertname": "BaoDown", "cluster": "storage", "namespace": namespace, "name": name}
	}
	for name, c := range map[string]struct {
		base   string
		alerts []map[string]string
		want   string
	}{
		"no web page":       {"", []map[string]string{one("a", "n")}, ""},
		"no alert":          {"https://am", nil, ""},
		"one":               {"https://am/x", []map[string]string{one(`a "b"`, "")}, `{alertname="BaoDown", clusterName="storage", name="a \"b\"", region="eu"}`},
		"several":           {"https://am/x", []map[string]string{one("b.c", "n"), one("a", "n")}, `{alertname="BaoDown", clusterName="storage", name=~"a|b\\.c", namespace="n", region="eu"}`},
		"one has no label":  {"https://am/x", []map[string]string{one("a", "n"), one("a", "")}, `{alertname="BaoDown", clusterName="storage", name="a", region="eu"}`},
		"too many, or long": {"https://am/x", []map[string]string{one(strings.Repeat("a", 300), "n"), one(strings.Repeat("b", 300), "n")}, `{alertname="BaoDown", clusterName="storage", namespace="n", region="eu"}`},
	} {
		n := New(Options{ClusterLabel: "clusterName", Config: config.Alertmanager{WebURL: c.base, ExternalLabels: map[string]string{"region": "eu"}}})
		got, ok := strings.CutPrefix(n.SilenceLink(c.alerts), c.base+"/#/silences/new?filter=")
		if c.want == "" {
			got, _ = n.SilenceLink(c.alerts), ok
		}
		if strings.ContainsAny(got, "&+ ") {
			t.Errorf("%s: %s is not encoded", name, got)
		}
		if got, err := url.QueryUnescape(got); err != nil || got != c.want {
			t.Errorf("%s: %s, want %s (%v)", name, got, c.want, err)
		}
	}
}
