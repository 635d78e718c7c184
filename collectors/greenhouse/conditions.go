// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"slices"
	"strings"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/lifecycle"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// status has the fields of .status that all kinds share. There is no observedGeneration.
type status struct {
	StatusConditions struct {
		Conditions lifecycle.Conditions `json:"conditions"`
	} `json:"statusConditions"`
}

// isProcessed reports whether Greenhouse has processed the object. Only then does a missing number mean zero.
func (s *status) isProcessed() bool { return len(s.StatusConditions.Conditions) > 0 }

// hasCondition reports whether a condition has a status.
func (s *status) hasCondition(name, want string) bool {
	return s.StatusConditions.Conditions.Is(name, want)
}

// rows adds the rows that all kinds share. labels are the labels of the object.
func (f *kindFamilies) rows(r *exposition.Rows, meta *watch.Meta, s *status, labels ...string) {
	with := func(more ...string) []string { return slices.Concat(labels, more) }
	if s.hasCondition("Ready", "True") || s.hasCondition("Ready", "False") {
		r.Bool(f.ready, s.hasCondition("Ready", "True"), labels...)
	}
	for i, c := range s.StatusConditions.Conditions {
		// The first condition of a type counts, as in Greenhouse.
		earlier := s.StatusConditions.Conditions[:i]
		if !isType(c.Type) || slices.ContainsFunc(earlier, func(e lifecycle.Condition) bool { return e.Type == c.Type }) {
			continue
		}
		r.Add(f.condition, 1, with(c.Type, conditionStatus(c.Status))...)
		if isReason(c.Reason) {
			r.Add(f.reason, 1, with(c.Type, c.Reason)...)
		}
		r.Time(f.transition, c.LastTransitionTime, with(c.Type)...)
	}
	r.Time(f.created, meta.Created, labels...)
	r.Time(f.deleted, meta.Deleted, labels...)
	r.Bool(f.suspended, s.isSuspended(meta), labels...)
}

// conditionStatus returns the status of a condition. A value other than True and False is Unknown.
func conditionStatus(status string) string {
	if status == "True" || status == "False" {
		return status
	}
	return "Unknown"
}

// isReason reports whether text is a reason and not prose, which the schema of Greenhouse also accepts.
func isReason(text string) bool {
	return text != "" && lifecycle.Reason(text) != lifecycle.ReasonOther
}

// maxWord exceeds the length of all types, reasons and states.
const maxWord = 128

// isType reports whether text is the type of a condition: a word that may contain dots and may have a domain as prefix, such
// as example.com/Ready.
func isType(text string) bool {
	domain, name, found := strings.Cut(text, "/")
	return isWord(strings.ReplaceAll(domain, ".", "_")) && (!found || isWord(strings.ReplaceAll(name, ".", "_"))) && len(text) <= maxWord
}

// isWord reports whether text is a single word, like the states of releases. The schema of Greenhouse also accepts free
// text, which may quote a secret.
func isWord(text string) bool {
	for _, c := range []byte(text) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= maxWord
}
