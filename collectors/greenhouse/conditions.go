// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package greenhouse

import (
	"slices"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// condition is one entry of status.statusConditions.conditions. Its message is not
// read, and there is no observedGeneration.
type condition struct {
	Type       string    `json:"type"`
	Status     string    `json:"status"`
	Reason     string    `json:"reason"`
	Transition time.Time `json:"lastTransitionTime"`
}

// status is the part of .status that all kinds have.
type status struct {
	StatusConditions struct {
		Conditions []condition `json:"conditions"`
	} `json:"statusConditions"`
}

// processed says whether Greenhouse has looked at the object. Only then is a number
// that is missing a zero.
func (s *status) processed() bool { return len(s.StatusConditions.Conditions) > 0 }

// is says whether a condition has a status.
func (s *status) is(name, want string) bool {
	i := slices.IndexFunc(s.StatusConditions.Conditions, func(c condition) bool { return c.Type == name })
	return i >= 0 && s.StatusConditions.Conditions[i].Status == want
}

// rows adds what all kinds have in common; labels are those of the object.
func (f *kindFamilies) rows(r *exposition.Rows, meta *watch.Meta, s *status, labels ...string) {
	with := func(more ...string) []string { return slices.Concat(labels, more) }
	if s.is("Ready", "True") || s.is("Ready", "False") {
		r.Bool(f.ready, s.is("Ready", "True"), labels...)
	}
	for i, c := range s.StatusConditions.Conditions {
		// The first one of a type counts, as for Greenhouse itself.
		earlier := s.StatusConditions.Conditions[:i]
		if !isType(c.Type) || slices.ContainsFunc(earlier, func(e condition) bool { return e.Type == c.Type }) {
			continue
		}
		r.Add(f.condition, 1, with(c.Type, known(c.Status))...)
		if isWord(c.Reason) {
			r.Add(f.reason, 1, with(c.Type, c.Reason)...)
		}
		r.Time(f.transition, c.Transition, with(c.Type)...)
	}
	r.Time(f.created, meta.Created, labels...)
	r.Time(f.deleted, meta.Deleted, labels...)
	asked := meta.Annotations[suspendAnnotation]
	r.Bool(f.suspended, asked != "" && asked != "false" || s.is("Suspended", "True"), labels...)
}

// known is a status of a condition. What is neither True nor False is Unknown.
func known(status string) string {
	if status == "True" || status == "False" {
		return status
	}
	return "Unknown"
}

// maxWord is more than any type, reason or state has.
const maxWord = 128

// isType says whether text is the type of a condition: a word, perhaps with dots, behind
// a domain or not, as in example.com/Ready.
func isType(text string) bool {
	domain, name, found := strings.Cut(text, "/")
	return isWord(strings.ReplaceAll(domain, ".", "_")) && (!found || isWord(strings.ReplaceAll(name, ".", "_"))) && len(text) <= maxWord
}

// isWord says whether text is one word, as reasons and states of releases are.
// The schema of Greenhouse does not ask for that, and prose may quote a secret.
func isWord(text string) bool {
	for _, c := range []byte(text) {
		letter := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !letter && c != '-' && c != '_' {
			return false
		}
	}
	return text != "" && len(text) <= maxWord
}
