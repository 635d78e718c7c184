// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package health

import (
	"slices"
	"strings"
	"time"

	"github.com/prometheus/prometheus/model/labels"
)

// explain sets the root cause of each alert. The cause of an alert is an alert with the same labels whose rule inhibits its
// rule. The root cause is the end of this chain. A pending alert may be a root cause. Otherwise consequences would become
// root causes whenever one cause ends and the next is not yet firing.
func explain(all []*alert) {
	causes := map[string]map[string]*alert{} // by rule and values
	wanted, seen := map[string][][]string{}, map[*rule]bool{}
	for _, a := range all {
		if seen[a.rule] {
			continue
		}
		seen[a.rule] = true
		for _, in := range a.rule.inhibitedBy {
			wanted[in.By] = append(wanted[in.By], in.Equal)
		}
	}
	for by, sets := range wanted {
		wanted[by] = distinct(sets)
	}
	var key []byte
	for _, a := range all {
		for _, equal := range wanted[a.rule.name] {
			of := causes[a.rule.name]
			if of == nil {
				of = map[string]*alert{}
				causes[a.rule.name] = of
			}
			var ok bool
			if key, ok = joinKey(key[:0], equal, a.labels); ok && (of[string(key)] == nil || isOlder(a, of[string(key)])) {
				of[string(key)] = a
			}
		}
	}
	for _, a := range all {
		a.cause = nil
		chain := []*alert{a}
		for next := findParent(a, causes); next != nil && !slices.Contains(chain, next); next = findParent(next, causes) {
			chain = append(chain, next)
			a.cause = next
		}
	}
}

// criticalTier is the suffix of the name of the more severe of two alerts about the same object.
const criticalTier = "Critical"

// findParent returns the cause of an alert, or nil. The critical tier of an alert is its parent, although it begins later.
func findParent(a *alert, causes map[string]map[string]*alert) *alert {
	for _, in := range a.rule.inhibitedBy {
		if len(causes[in.By]) == 0 {
			continue
		}
		key, ok := joinKey(nil, in.Equal, a.labels)
		if cause := causes[in.By][string(key)]; ok && cause != nil && cause != a && (in.By == a.rule.name+criticalTier || precedes(cause, a)) {
			return cause
		}
	}
	return nil
}

// causeSlack is the time by which a cause may appear to begin after its consequence.
const causeSlack = 5 * time.Minute

// precedes reports whether a cause may have begun before its consequence.
func precedes(cause, a *alert) bool {
	known := cause.dated && a.dated && !cause.atLeast
	return !known || !cause.since.After(a.since.Add(causeSlack))
}

// isOlder reports whether a is preferred over b as a cause. The order is deterministic.
func isOlder(a, b *alert) bool {
	if !a.activeAt.Equal(b.activeAt) {
		return a.activeAt.Before(b.activeAt)
	}
	return labels.Compare(a.labels, b.labels) < 0
}

// joinKey appends to key the label values that a cause and its consequences share. ok is false if
// one of the labels is empty.
func joinKey(key []byte, equal []string, l labels.Labels) ([]byte, bool) {
	for _, name := range equal {
		v := l.Get(name)
		if v == "" {
			return key, false
		}
		key = append(append(append(append(key, name...), 0xff), v...), 0xff)
	}
	return key, true
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
