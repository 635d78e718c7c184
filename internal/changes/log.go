// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package changes

import (
	"strings"
	"sync"
	"time"
)

// maxBytes bounds the texts of all changes: what others write decides how long they are.
const maxBytes = 32 << 20

// Log is a bounded list of changes, the oldest first. It is safe for concurrent use.
type Log struct {
	mu       sync.Mutex
	entries  []entry // a ring from first on
	first    int
	size     int
	bytes    int // of texts
	began    time.Time
	limit    int
	age      time.Duration
	heads    map[head]*head
	verdicts map[[2]string]string // the last ones by cluster and system
	pending  func()               // notes the changes that wait for a reader of the rows
}

// entry is a change. What many changes have in common is behind a pointer, and the rest is one
// string: 150 bytes where a Change has 400.
type entry struct {
	at   int64 // in nanoseconds
	head *head
	text string // the fields of texts
}

type head struct {
	what                          Type
	cluster, target, system, kind string
	severity                      string
}

const separator = "\x00"

// maxHeads is how many heads are reused.
const maxHeads = 10_000

// NewLog returns an empty log of some changes at most that are not older than an age.
func NewLog(limit int, age time.Duration) *Log {
	return &Log{limit: limit, age: age, heads: map[head]*head{}, verdicts: map[[2]string]string{}, pending: func() {}}
}

// Configure changes the bounds. pending is called before the log is read: it notes the changes
// of rows that wait for a reader.
func (l *Log) Configure(limit int, age time.Duration, pending func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.limit, l.age, l.pending = limit, age, pending
	if l.began.IsZero() {
		l.began = time.Now()
	}
	kept := make([]entry, 0, min(l.size, limit))
	for i := max(0, l.size-limit); i < l.size; i++ {
		kept = append(kept, *l.at(i))
	}
	l.bytes = 0
	for _, e := range kept {
		l.bytes += len(e.text)
	}
	l.entries, l.first, l.size = kept, 0, len(kept)
}

func (l *Log) at(i int) *entry { return &l.entries[(l.first+i)%len(l.entries)] }

// Add adds a change. One that is equal to the newest ones of its object is left out: members of
// a cluster notice a new leader one after the other.
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
	if l.repeats(&e) {
		return
	}
	for l.size > 0 && (l.size >= l.limit || l.bytes+len(e.text) > maxBytes || e.at-l.at(0).at > int64(l.age)) {
		l.drop()
	}
	l.push(e)
}

// Verdict notes the verdict on a system in a cluster, which is empty where there is no such
// system. It is a change if it differs from the last one.
func (l *Log) Verdict(cluster, system, verdict string, at time.Time) {
	l.mu.Lock()
	key := [2]string{cluster, system}
	before := l.verdicts[key]
	l.verdicts[key] = verdict
	l.mu.Unlock()
	if before != verdict {
		l.Add(Change{At: at, Type: Verdict, Cluster: cluster, Target: cluster, System: system, Before: before, After: verdict})
	}
}

// recent is how many of the newest changes are compared with a new one.
const recent = 64

func (l *Log) repeats(e *entry) bool {
	for i := l.size - 1; i >= max(0, l.size-recent); i-- {
		if o := l.at(i); o.head == e.head && o.text == e.text && e.at-o.at < int64(time.Minute) {
			return true
		}
	}
	return false
}

// drop drops the oldest change.
func (l *Log) drop() {
	e := l.at(0)
	l.bytes -= len(e.text)
	*e = entry{}
	l.first = (l.first + 1) % len(l.entries)
	l.size--
}

// push adds an entry behind all that are not newer.
func (l *Log) push(e entry) {
	if l.size == len(l.entries) {
		grown := make([]entry, 0, min(l.limit, max(64, 2*l.size)))
		for i := range l.size {
			grown = append(grown, *l.at(i))
		}
		l.entries, l.first = grown[:cap(grown)], 0
	}
	i := l.size
	l.size++
	for ; i > 0 && l.at(i-1).at > e.at; i-- {
		*l.at(i) = *l.at(i - 1)
	}
	*l.at(i) = e
	l.bytes += len(e.text)
}

// first reports whether an entry is the first verdict on a system, which is no change: the exporter
// has just begun.
func (e *entry) first() bool {
	return e.head.what == Verdict && strings.SplitN(e.text, separator, 4)[2] == ""
}

// change returns an entry as a change.
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

// read calls f with all changes, the newest first, until it returns false.
func (l *Log) read(f func(*entry) bool) {
	l.mu.Lock()
	pending := l.pending
	l.mu.Unlock()
	pending()
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := l.size - 1; i >= 0; i-- {
		if !f(l.at(i)) {
			return
		}
	}
}
