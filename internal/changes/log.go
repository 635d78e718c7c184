// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package changes

import (
	"slices"
	"strings"
	"sync"
	"time"
)

// maxBytes limits the texts of all changes, because objects determine their length.
const maxBytes = 32 << 20

// Log is a bounded list of changes, the oldest first. It is safe for concurrent use.
type Log struct {
	mu       sync.Mutex
	entries  []entry // ring buffer that begins at first
	first    int
	size     int
	bytes    int // of all texts
	began    time.Time
	limit    int
	age      time.Duration
	heads    map[head]*head
	verdicts map[[2]string][]VerdictSince // of the last day, by cluster and system; the oldest may be older
	pending  func()                       // adds the pending changes of rows
}

// entry is a change in compact form. Fields shared by many changes are in head, and all other fields are in one string.
// An entry needs 150 bytes, a Change 400.
type entry struct {
	at   int64 // in nanoseconds
	head *head
	text string // the other fields, separated by separator
}

type head struct {
	what                          Type
	cluster, target, system, kind string
	severity                      string
}

const separator = "\x00"

// maxHeads is the number of heads that are kept for reuse.
const maxHeads = 10_000

// NewLog returns an empty log that keeps at most limit changes, each no longer than age.
func NewLog(limit int, age time.Duration) *Log {
	return &Log{limit: limit, age: age, heads: map[head]*head{}, verdicts: map[[2]string][]VerdictSince{}, pending: func() {}}
}

// Configure changes the limits. pending is called before each read of the log: it adds the changes of rows that are not
// yet processed.
func (l *Log) Configure(limit int, age time.Duration, pending func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit, l.age, l.pending = limit, age, pending
	if l.began.IsZero() {
		l.began = time.Now()
	}
	kept := make([]entry, 0, min(l.size, limit))
	for i := max(0, l.size-limit); i < l.size; i++ {
		kept = append(kept, *l.entryAt(i))
	}
	l.bytes = 0
	for _, e := range kept {
		l.bytes += len(e.text)
	}
	l.entries, l.first, l.size = kept, 0, len(kept)
}

func (l *Log) entryAt(i int) *entry { return &l.entries[(l.first+i)%len(l.entries)] }

// Add adds a change. A duplicate of a recent change of the same object is dropped, because the members of a cluster detect a
// new leader one after the other.
func (l *Log) Add(c Change) {
	h := head{c.Type, c.Cluster, c.Target, c.System, c.Kind, c.Severity}
	e := entry{at: c.At.UnixNano(), text: strings.Join([]string{c.Namespace, c.Name, c.Before, c.After, c.Rule, c.Text}, separator)}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.limit <= 0 {
		return
	}
	if e.head = l.heads[h]; e.head == nil {
		if len(l.heads) >= maxHeads {
			clear(l.heads)
		}
		e.head = &h
		l.heads[h] = e.head
	}
	if l.isDuplicate(&e) {
		return
	}
	for l.size > 0 && (l.size >= l.limit || l.bytes+len(e.text) > maxBytes || e.at-l.entryAt(0).at > int64(l.age)) {
		l.drop()
	}
	l.insert(e)
}

// VerdictSince is a verdict and the time at which it began.
type VerdictSince struct {
	Verdict string // empty if the cluster did not have the system
	At      time.Time
}

const (
	// VerdictAge is the age up to which [Log.Verdicts] has verdicts.
	VerdictAge = 24 * time.Hour
	// MaxVerdicts limits the verdicts of one system in one cluster. With more, the page of eight clusters would exceed 100 KiB.
	MaxVerdicts = 5
)

// Verdict records the verdict on a system in a cluster, which is empty if the system does not exist there. It adds a change
// if the verdict differs from the previous verdict.
func (l *Log) Verdict(cluster, system, verdict string, at time.Time) {
	l.mu.Lock()
	key, before := [2]string{cluster, system}, ""
	all := l.verdicts[key]
	if len(all) > 0 {
		before = all[len(all)-1].Verdict
	}
	changed := before != verdict
	if changed || len(all) == 0 {
		all = append(all, VerdictSince{verdict, at})
	}
	for len(all) > MaxVerdicts || len(all) > 1 && at.Sub(all[1].At) > VerdictAge {
		all = all[1:]
	}
	l.verdicts[key] = all
	l.mu.Unlock()
	if changed {
		l.Add(Change{At: at, Type: Verdict, Cluster: cluster, Target: cluster, System: system, Before: before, After: verdict})
	}
}

// Verdicts returns the verdicts on a system in a cluster during [VerdictAge], the oldest first. Unlike the changes, they do not
// expire while they last, and other changes do not displace them.
func (l *Log) Verdicts(cluster, system string) []VerdictSince {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.verdicts[[2]string{cluster, system}])
}

// recentEntries is the number of latest changes with which a new change is compared.
const recentEntries = 64

func (l *Log) isDuplicate(e *entry) bool {
	for i := l.size - 1; i >= max(0, l.size-recentEntries); i-- {
		if o := l.entryAt(i); o.head == e.head && o.text == e.text && e.at-o.at < int64(time.Minute) {
			return true
		}
	}
	return false
}

// drop removes the oldest change.
func (l *Log) drop() {
	e := l.entryAt(0)
	l.bytes -= len(e.text)
	*e = entry{}
	l.first = (l.first + 1) % len(l.entries)
	l.size--
}

// insert inserts an entry by its time, after entries of the same time.
func (l *Log) insert(e entry) {
	if l.size == len(l.entries) {
		grown := make([]entry, 0, min(l.limit, max(64, 2*l.size)))
		for i := range l.size {
			grown = append(grown, *l.entryAt(i))
		}
		l.entries, l.first = grown[:cap(grown)], 0
	}
	i := l.size
	l.size++
	for ; i > 0 && l.entryAt(i-1).at > e.at; i-- {
		*l.entryAt(i) = *l.entryAt(i - 1)
	}
	*l.entryAt(i) = e
	l.bytes += len(e.text)
}

// isFirstVerdict reports whether an entry is the first verdict on a system after the start of the exporter, which is not a
// change.
func (e *entry) isFirstVerdict() bool {
	return e.head.what == Verdict && strings.SplitN(e.text, separator, 4)[2] == ""
}

// change returns the entry as a Change.
func (e *entry) change() Change {
	texts := strings.SplitN(e.text, separator, 6)
	c := Change{
		At: time.Unix(0, e.at).UTC(), Type: e.head.what, Cluster: e.head.cluster, Target: e.head.target, System: e.head.system,
		Kind: e.head.kind, Severity: e.head.severity,
		Namespace: texts[0], Name: texts[1], Before: texts[2], After: texts[3], Rule: texts[4], Text: texts[5],
	}
	c.Text = c.describe()
	return c
}

// read calls f with all entries, newest first, until it returns false.
func (l *Log) read(f func(*entry) bool) {
	l.mu.Lock()
	pending := l.pending
	l.mu.Unlock()
	pending()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.size - 1; i >= 0; i-- {
		if !f(l.entryAt(i)) {
			return
		}
	}
}
