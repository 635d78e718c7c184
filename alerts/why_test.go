// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/alerts"
)

// TestEverySeverityHasItsReason checks that each severity has a reason, and that each reason belongs to an existing
// rule.
func TestEverySeverityHasItsReason(t *testing.T) {
	names := alerts.Names()
	for _, r := range alerts.Rules() {
		if r.Why == "" || strings.HasSuffix(r.Why, ".") || strings.Contains(r.Why, "|") {
			t.Errorf("%s: no reason for severity %s: add one line to Why of its system: who is hurt, and when", r.Name, r.Severity)
		}
	}
	if reasons := alerts.WhySeverity(); len(reasons) > len(names) {
		for _, name := range names {
			delete(reasons, name)
		}
		t.Errorf("Why has reasons of rules that do not exist: %v", reasons)
	}
}

var (
	impact  = regexp.MustCompile(`(?s)\n## Impact\n(.*?)\n## `)
	noHarm  = regexp.MustCompile(`(?i)users (of the cluster )?(feel|notice) nothing|none for users|nobody (feels|notices)`)
	expires = regexp.MustCompile(`Expiring\w*Critical$`)
)

// TestCriticalHurtsUsers checks that the playbooks of critical alerts describe an impact on users,
// and that expiries become critical days, not weeks, before.
func TestCriticalHurtsUsers(t *testing.T) {
	const renewed, authority = 72 * time.Hour, 7 * 24 * time.Hour
	all := pages(t)
	for _, r := range alerts.Rules() {
		if r.Severity != alerts.Critical {
			continue
		}
		m := impact.FindStringSubmatch(all[r.PlaybookFile()])
		if m == nil || noHarm.MatchString(m[1]) {
			t.Errorf("%s is critical, and the section Impact of its playbook has no harm to users: make it a warning, or name the harm", r.Name)
		}
		if !expires.MatchString(r.Name) {
			continue
		}
		most := renewed
		if strings.HasPrefix(r.Name, "OpenBaoCA") {
			most = authority
		}
		if r.Threshold == nil || r.Threshold.Default > most.Seconds() {
			t.Errorf("%s is critical earlier than %v before the end", r.Name, most)
		}
	}
}
