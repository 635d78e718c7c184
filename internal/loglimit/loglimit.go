// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

// Package loglimit limits the log, because servers determine how often requests fail, how failures alternate, and the
// texts of errors.
package loglimit

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
)

const (
	// maxText limits messages and values in bytes. maxErrorText is the limit at level ERROR, because the errors of an
	// invalid configuration are a list.
	maxText      = 1 << 10
	maxErrorText = 16 << 10
	// burst is the number of lines per subject that are logged in each period, relatedBurst that of all subjects that differ
	// in their part only, and messageBurst that of all subjects. Servers also choose names, and may change them all the time.
	burst        = 10
	relatedBurst = 100
	messageBurst = 1000
	period       = 10 * time.Minute
	// maxSubjects limits the subjects that are counted separately.
	maxSubjects = 4096
)

// partKey is the attribute with the part of a subject, such as a node.
const partKey = "of"

// subjectKeys returns the attributes that identify the subject of a line, as opposed to the event. Alternating failures
// of one subject are counted together.
func subjectKeys() []string {
	return []string{"cluster", "component", "decision", "file", "flag", "group", "kind", "mount", "of"}
}

// Handler shortens lines, and drops lines of the levels INFO and WARN that repeat too often. The next logged line has
// the number of dropped lines as the attribute suppressed.
type Handler struct {
	next    slog.Handler
	subject string // from the attributes of the logger
	counts  *counts
}

// New returns a handler in front of next.
func New(next slog.Handler) *Handler {
	return &Handler{next: next, counts: &counts{subjects: map[string]*count{}}}
}

// Enabled implements [slog.Handler].
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle implements [slog.Handler].
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	size := maxText
	if r.Level >= slog.LevelError {
		size = maxErrorText
	}
	out := slog.NewRecord(r.Time, r.Level, clip(r.Message, size), r.PC)
	subject, part := h.subject, ""
	r.Attrs(func(a slog.Attr) bool {
		a = clipAttr(a, size)
		if a.Key == partKey {
			part = subjectOf(a)
		} else {
			subject += subjectOf(a)
		}
		out.AddAttrs(a)
		return true
	})
	if r.Level < slog.LevelInfo || r.Level >= slog.LevelError {
		return h.next.Handle(ctx, out)
	}
	var limits []limit
	if !strings.Contains(subject, " component=client-go") { // messages of klog have no attributes
		limits = append(limits, limit{"every " + out.Message, messageBurst})
		subject += out.Message
	}
	if part != "" {
		limits = append(limits, limit{subject, relatedBurst})
	}
	logged, suppressed := h.counts.add(append(limits, limit{subject + part, burst}), r.Time)
	if !logged {
		return nil
	}
	if suppressed > 0 {
		out.AddAttrs(slog.Int("suppressed", suppressed))
	}
	return h.next.Handle(ctx, out)
}

// WithAttrs implements [slog.Handler].
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	var subject strings.Builder
	subject.WriteString(h.subject)
	attrs = slices.Clone(attrs)
	for i, a := range attrs {
		attrs[i] = clipAttr(a, maxText)
		subject.WriteString(subjectOf(attrs[i]))
	}
	return &Handler{next: h.next.WithAttrs(attrs), subject: subject.String(), counts: h.counts}
}

// WithGroup implements [slog.Handler].
func (h *Handler) WithGroup(name string) slog.Handler {
	return &Handler{next: h.next.WithGroup(name), subject: h.subject, counts: h.counts}
}

func subjectOf(a slog.Attr) string {
	if !slices.Contains(subjectKeys(), a.Key) {
		return ""
	}
	return " " + a.Key + "=" + a.Value.String()
}

// clipAttr returns an attribute whose text has at most size bytes.
func clipAttr(a slog.Attr, size int) slog.Attr {
	a.Value = a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(clip(a.Value.String(), size))
	case slog.KindAny:
		switch v := a.Value.Any().(type) {
		case error:
			a.Value = slog.StringValue(clip(v.Error(), size))
		case fmt.Stringer:
			a.Value = slog.StringValue(clip(v.String(), size))
		}
	}
	return a
}

func clip(s string, size int) string {
	if len(s) <= size {
		return s
	}
	return strings.ToValidUTF8(s[:size], "") + "…"
}

// counts has the number of lines of each subject. It is safe for concurrent use.
type counts struct {
	mu       sync.Mutex
	subjects map[string]*count
}

type count struct {
	since              time.Time
	logged, suppressed int
}

// limit is the number of lines about a subject that are logged in each period.
type limit struct {
	subject string
	most    int
}

// add counts a line and reports whether all limits allow to log it, with the number of lines suppressed by these limits
// since the last logged line. A refused line begins no further subjects.
func (c *counts) add(limits []limit, at time.Time) (logged bool, suppressed int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var all []*count
	for _, l := range limits {
		n := c.subjects[l.subject]
		if n == nil {
			n = c.insert(l.subject, at)
		}
		if at.Sub(n.since) >= period {
			n.since, n.logged = at, 0
		}
		if n.logged >= l.most {
			n.suppressed++
			return false, 0
		}
		all = append(all, n)
	}
	for _, n := range all {
		n.logged++
		suppressed += n.suppressed
		n.suppressed = 0
	}
	return true, suppressed
}

// insert starts counting a subject. Subjects beyond maxSubjects are counted together.
func (c *counts) insert(subject string, at time.Time) *count {
	if len(c.subjects) >= maxSubjects {
		maps.DeleteFunc(c.subjects, func(_ string, n *count) bool { return at.Sub(n.since) >= period })
	}
	if len(c.subjects) >= maxSubjects {
		if subject = ""; c.subjects[subject] != nil {
			return c.subjects[subject]
		}
	}
	n := &count{since: at}
	c.subjects[subject] = n
	return n
}
