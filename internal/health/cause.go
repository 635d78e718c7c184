// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// explain gives each alert the one at its root: one of a rule that inhibits its own, with
// the same labels, which perhaps follows from another one itself. It may be pending: while
// one cause ends and the next one has not lasted long enough, what follows is no root.
func explain(all []*alert) {
	causes := map[string]*alert{} // by inhibition and values
	wanted := map[string][][]string{}
	for _, a := range all {
		for _, in := range a.rule.inhibitedBy {
			wanted[in.By] = append(wanted[in.By], in.Equal)
		}
	}
	for by, sets := range wanted {
		wanted[by] = distinct(sets)
	}
	for _, a := range all {
		for _, equal := range wanted[a.rule.name] {
			if k, ok := joinKey(a.rule.name, equal, a.labels); ok && (causes[k] == nil || older(a, causes[k])) {
				causes[k] = a
			}
		}
	}
	for _, a := range all {
		a.cause = nil
		for next, seen := a, map[*alert]bool{a: true}; ; {
			next = parent(next, causes)
			if next == nil || seen[next] {
				break
			}
			seen[next] = true
			a.cause = next
		}
	}
}

// criticalTier ends the name of the more severe of two alerts about the same thing.
const criticalTier = "Critical"

// parent returns the alert that a follows from. The critical tier of an alert replaces it,
// although it begins later.
func parent(a *alert, causes map[string]*alert) *alert {
	for _, in := range a.rule.inhibitedBy {
		k, ok := joinKey(in.By, in.Equal, a.labels)
		if cause := causes[k]; ok && cause != nil && cause != a && (in.By == a.rule.name+criticalTier || precedes(cause, a)) {
			return cause
		}
	}
	return nil
}

// causeSlack is by how much a cause may seem to begin after its consequence.
const causeSlack = 5 * time.Minute

// precedes reports whether a cause began before its consequence, as far as both are known:
// what began at least at some time may have begun earlier.
func precedes(cause, a *alert) bool {
	known := cause.dated && a.dated && !cause.atLeast
	return !known || !cause.since.After(a.since.Add(causeSlack))
}

// older decides which of two alerts of one rule is the cause, always in the same way.
func older(a, b *alert) bool {
	if !a.activeAt.Equal(b.activeAt) {
		return a.activeAt.Before(b.activeAt)
	}
	return labels.Compare(a.labels, b.labels) < 0
}

// joinKey is what a parent and its children have in common; not ok if one of the
// labels is empty.
func joinKey(rule string, equal []string, l labels.Labels) (string, bool) {
	var b strings.Builder
	b.WriteString(rule)
	for _, name := range equal {
		v := l.Get(name)
		if v == "" {
			return "", false
		}
		b.WriteString("\xff" + name + "\xff" + v)
	}
	return b.String(), true
}

func distinct(sets [][]string) [][]string {
	seen := map[string]bool{}
	var out [][]string
	for _, s := range sets {
		if k := strings.Join(s, "\xff"); !seen[k] {
			seen[k] = true
			out = append(out, s)
		}
	}
	return out
}
