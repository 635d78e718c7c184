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

// status is the part of .status that all kinds have. There is no observedGeneration.
type status struct {
	StatusConditions struct {
		Conditions lifecycle.Conditions `json:"conditions"`
	} `json:"statusConditions"`
}

// processed reports whether Greenhouse has processed the object. Only then is a number
// that is missing a zero.
func (s *status) processed() bool { return len(s.StatusConditions.Conditions) > 0 }

// is reports whether a condition has a status.
func (s *status) is(name, want string) bool { return s.StatusConditions.Conditions.Is(name, want) }

// rows adds what all kinds have in common; labels are those of the object.
func (f *kindFamilies) rows(r *exposition.Rows, meta *watch.Meta, s *status, labels ...string) {
	with := func(more ...string) []string { return slices.Concat(labels, more) }
	if s.is("Ready", "True") || s.is("Ready", "False") {
		r.Bool(f.ready, s.is("Ready", "True"), labels...)
	}
	for i, c := range s.StatusConditions.Conditions {
		// The first one of a type counts, as for Greenhouse itself.
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
	r.Bool(f.suspended, s.suspended(meta), labels...)
}

// conditionStatus returns the status of a condition. A value other than True and False is Unknown.
func conditionStatus(status string) string {
	if status == "True" || status == "False" {
		return status
	}
	return "Unknown"
}

// isReason reports whether text is a reason: the schema of Greenhouse accepts prose, too.
func isReason(text string) bool {
	return text != "" && lifecycle.Reason(text) != lifecycle.ReasonOther
}

// maxWord is more than any type, reason or state has.
const maxWord = 128

// isType reports whether text is the type of a condition: a word, perhaps with dots, with or without a
// domain in front, as in example.com/Ready.
func isType(text string) bool {
	domain, name, found := strings.Cut(text, "/")
	return isWord(strings.ReplaceAll(domain, ".", "_")) && (!found || isWord(strings.ReplaceAll(name, ".", "_"))) && len(text) <= maxWord
}

// isWord reports whether text is one word, as states of releases are. The schema of Greenhouse does
// not require that, and free text may quote a secret.
func isWord(text string) bool {
	for _, c := range []byte(text) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= maxWord
}
