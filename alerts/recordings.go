// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package alerts

import (
	"fmt"
	"slices"
	"strings"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

// RecordedObjects is the name of the recording about External Secrets.
const RecordedObjects = "cobaltcore:eso_objects:by_state"

// recordedAge is a recording of the time in seconds for which objects have been in a state other
// than ready; +Inf for objects that rules report at once. Rules for Prometheus use it in place of
// ages that an expression of the catalogue computes from the family with the onset. It joins
// replicas and excludes the objects whose annotation turns alerts off, once for all rules.
type recordedAge struct {
	name string
	// atOnce is the label, with its value, of the rows that rules report at once.
	atOnce [2]string
	// without has the labels that the recording removes.
	without []string
}

// recordedAges returns the recordings of ages, by family with the onset.
func recordedAges() map[string]recordedAge {
	untolerated := [2]string{"tolerated", "false"}
	return map[string]recordedAge{
		fluxNotReady:       {"cobaltcore:flux_not_ready:age", untolerated, []string{"onset"}},
		fluxWaiting:        {"cobaltcore:flux_waiting:age", [2]string{"onset", "undated"}, []string{"onset"}},
		esoNotReady:        {"cobaltcore:eso_not_ready:age", untolerated, []string{"onset", "store_namespace"}},
		greenhouseNotReady: {"cobaltcore:greenhouse_not_ready:age", untolerated, []string{"onset"}},
	}
}

// recordAge returns the recording of the ages of objects for a family with the onset.
func recordAge(family string) Recording {
	r := recordedAges()[family]
	off := `on (cluster, kind, namespace, name) ` + ObjectAlertsDisabled
	if strings.HasPrefix(family, "cobaltcore_flux_") {
		off = `on (cluster, kind, exported_namespace, name) ` + fluxDisabled
	}
	oldest := fmt.Sprintf(`min without (%s) (%s{%s%%s%q})`, strings.Join(r.without, ", "), family, r.atOnce[0], r.atOnce[1])
	expr := `(time() - ` + fmt.Sprintf(oldest, "!=") + ` or Inf + ` + fmt.Sprintf(oldest, "=") + `) unless ` + off
	return Recording{Name: r.name, Expr: expr, PrometheusOnly: true}
}

// fluxDisabled is the name of the recording of the objects whose annotation turns alerts off, with
// the labels of the rows about Flux.
const fluxDisabled = "cobaltcore:flux_alerts:disabled"

func recordFluxDisabled() Recording {
	return Recording{Name: fluxDisabled, PrometheusOnly: true, Expr: `max by (cluster, kind, exported_namespace, name) (
  label_replace(` + ObjectAlertsDisabled + `, "exported_namespace", "$1", "namespace", "(.*)"))`}
}

// useRecordings replaces the recorded parts of an expression by the recordings.
func useRecordings(e parser.Expr) parser.Expr {
	switch e := e.(type) {
	case *parser.BinaryExpr:
		return ageOperation(e)
	case *parser.AggregateExpr:
		if e.Without && onlyAges(e.Expr) {
			e.Grouping = slices.DeleteFunc(e.Grouping, func(label string) bool {
				return slices.ContainsFunc(Metrics(e.Expr), func(family string) bool { return slices.Contains(recordedAges()[family].without, label) })
			})
		}
		e.Expr = useRecordings(e.Expr)
	case *parser.ParenExpr:
		e.Expr = useRecordings(e.Expr)
	case *parser.Call:
		if e.Func.Name == "label_join" && slices.Equal(Metrics(e), []string{ObjectAlertsDisabled}) && literal(e.Args[1]) == "exported_namespace" {
			return &parser.VectorSelector{Name: fluxDisabled}
		}
		for i := range e.Args {
			e.Args[i] = useRecordings(e.Args[i])
		}
	}
	return e
}

// ageOperation implements [useRecordings] for a binary operation.
func ageOperation(e *parser.BinaryExpr) parser.Expr {
	if s := age(e); s != nil {
		return record(s)
	}
	if e.Op == parser.LUNLESS && slices.Equal(Metrics(e.RHS), []string{ObjectAlertsDisabled}) && onlyAges(e.LHS) {
		return useRecordings(e.LHS)
	}
	if long, ok := lastsOrAtOnce(e); ok {
		long.LHS = useRecordings(long.LHS)
		return long
	}
	if left, ok := e.LHS.(*parser.BinaryExpr); ok && e.Op.IsComparisonOperator() && age(left) != nil && mayReportAtOnce(age(left)) {
		return e // the age itself is compared
	}
	e.LHS, e.RHS = useRecordings(e.LHS), useRecordings(e.RHS)
	if s, ok := e.RHS.(*parser.VectorSelector); ok && isSameObject(e, s) {
		e.RHS = record(s)
	}
	return e
}

// isSameObject reports whether an operation excludes objects of a family with the onset, so that it
// need not exclude the objects whose annotation turns alerts off.
func isSameObject(e *parser.BinaryExpr, s *parser.VectorSelector) bool {
	return e.Op == parser.LUNLESS && recordedAges()[s.Name].name != "" && slices.Contains(e.VectorMatching.MatchingLabels, "name")
}

// lastsOrAtOnce returns the first operand of an operation that selects objects that have been in a
// state for longer than a number of seconds, or are reported at once.
func lastsOrAtOnce(e *parser.BinaryExpr) (long *parser.BinaryExpr, ok bool) {
	long, isLong := e.LHS.(*parser.BinaryExpr)
	now, isNow := e.RHS.(*parser.BinaryExpr)
	if e.Op != parser.LOR || !isLong || !isNow || long.Op != parser.GTR {
		return nil, false
	}
	lasting, isAge := long.LHS.(*parser.BinaryExpr)
	if !isAge || age(lasting) == nil || age(now) == nil {
		return nil, false
	}
	all, atOnce := age(lasting), age(now)
	mark := recordedAges()[all.Name].atOnce
	marked := append(slices.Clone(all.LabelMatchers), labels.MustNewMatcher(labels.MatchEqual, mark[0], mark[1]))
	return long, all.Name == atOnce.Name && sameMatchers(marked, atOnce.LabelMatchers)
}

// sameMatchers reports whether two selectors select the same rows.
func sameMatchers(a, b []*labels.Matcher) bool {
	text := func(all []*labels.Matcher) (texts []string) {
		for _, m := range all {
			texts = append(texts, m.String())
		}
		slices.Sort(texts)
		return texts
	}
	return slices.Equal(text(a), text(b))
}

// mayReportAtOnce reports whether a selector may have rows that are reported at once.
func mayReportAtOnce(s *parser.VectorSelector) bool {
	mark := recordedAges()[s.Name].atOnce
	return !slices.ContainsFunc(s.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == mark[0] && !m.Matches(mark[1]) })
}

// record replaces the selector of a family with the onset by the selector of the recording.
func record(s *parser.VectorSelector) *parser.VectorSelector {
	name := recordedAges()[s.Name].name
	i := slices.IndexFunc(s.LabelMatchers, func(m *labels.Matcher) bool { return m.Name == model.MetricNameLabel })
	s.Name, s.LabelMatchers[i] = name, labels.MustNewMatcher(labels.MatchEqual, model.MetricNameLabel, name)
	return s
}

// age returns the family of a recorded age; nil if the operation does not compute one.
func age(e *parser.BinaryExpr) *parser.VectorSelector {
	now, ok := e.LHS.(*parser.Call)
	s, selects := e.RHS.(*parser.VectorSelector)
	if e.Op != parser.SUB || !ok || now.Func.Name != "time" || !selects || recordedAges()[s.Name].name == "" {
		return nil
	}
	return s
}

// onlyAges reports whether each row of a result comes from a recorded age.
func onlyAges(e parser.Expr) bool {
	switch e := e.(type) {
	case *parser.ParenExpr:
		return onlyAges(e.Expr)
	case *parser.AggregateExpr:
		return onlyAges(e.Expr)
	case *parser.Call:
		return len(e.Args) > 0 && onlyAges(e.Args[0])
	case *parser.BinaryExpr:
		_, lasts := lastsOrAtOnce(e)
		switch {
		case lasts || age(e) != nil:
			return true
		case e.Op == parser.LOR:
			return onlyAges(e.LHS) && onlyAges(e.RHS)
		case e.Op == parser.LAND || e.Op == parser.LUNLESS:
			return onlyAges(e.LHS)
		}
	}
	return false
}

// recordedReason is a recording with the reasons of objects.
type recordedReason struct {
	name string
	// by has the labels by which an alert finds the reason of its object.
	by []string
	// expr has the rows of all kinds of objects.
	expr string
}

// recordedReasons returns the recordings of reasons that are composed from several rows, by the
// [Rule.Reason] of the rules.
func recordedReasons() map[string]recordedReason {
	flux, object := []string{clusterLabel, "kind", "exported_namespace", "name"}, []string{clusterLabel, "kind", "namespace", "name"}
	secrets := recordedReason{"cobaltcore:eso_reason", object, esoReason("")}
	return map[string]recordedReason{
		fluxReason:                  {"cobaltcore:flux_reason", flux, fluxReason},
		fluxWaitsFor:                {"cobaltcore:flux_waiting_reason", flux, fluxWaitsFor},
		requestReason:               {"cobaltcore:certmanager_request_reason", []string{clusterLabel, "namespace", "name"}, requestReason},
		esoReason(""):               secrets,
		esoReason("ExternalSecret"): secrets,
		esoReason("PushSecret"):     secrets,
		esoReason("SecretStore"):    secrets,
	}
}

// recordReason returns the recording for a [Rule.Reason].
func recordReason(reason string) Recording {
	r := recordedReasons()[reason]
	return Recording{Name: r.name, Expr: r.expr, PrometheusOnly: true}
}
