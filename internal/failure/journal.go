// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
)

// EndpointFailure is an endpoint without a successful response, and the error.
type EndpointFailure struct {
	Endpoint string
	Err      error
	// Skipped reports that no request was sent, because another endpoint failed or there is nothing to request.
	Skipped bool
}

// Reason returns the reason of the failure.
func (f EndpointFailure) Reason() Reason { return ReasonOf(f.Err) }

// List has the failures of one round.
type List []EndpointFailure

// Add adds a failure. A request that a snapshot has no response for is not a failure.
func (l *List) Add(endpoint string, err error) {
	if !errors.Is(err, ErrNotInSnapshot) {
		*l = append(*l, EndpointFailure{Endpoint: endpoint, Err: err})
	}
}

// Skip adds an endpoint to which no request was sent.
func (l *List) Skip(endpoint string, err error) {
	if !errors.Is(err, ErrNotInSnapshot) {
		*l = append(*l, EndpointFailure{Endpoint: endpoint, Err: err, Skipped: true})
	}
}

// Reason returns the reason of the first failure.
func (l List) Reason() Reason {
	if len(l) == 0 {
		return ReasonHTTP
	}
	return l[0].Reason()
}

// Journal counts failures by reason and logs when they begin and end.
type Journal struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[string]uint64
	// failing are the current failures, by group of requests: a node, the cluster, a detail.
	failing map[string]map[trouble]bool
}

// trouble is a failing endpoint with its reason.
type trouble struct {
	endpoint string
	reason   Reason
}

// NewJournal returns an empty journal.
func NewJournal(log *slog.Logger) *Journal {
	return &Journal{log: log, counts: map[string]uint64{}, failing: map[string]map[trouble]bool{}}
}

// Note records the failures of a round. It logs one line for all endpoints that begin to fail with the same reason, and
// one line for all that have recovered.
func (j *Journal) Note(of string, turn List) {
	j.mu.Lock()
	defer j.mu.Unlock()
	before, after := j.failing[of], map[trouble]bool{}
	begun, errs, still := map[Reason][]string{}, map[Reason]error{}, map[string]bool{}
	for _, f := range turn {
		t := trouble{f.Endpoint, f.Reason()}
		if !f.Skipped {
			j.counts[string(t.reason)]++
		}
		if !before[t] && !after[t] {
			begun[t.reason] = append(begun[t.reason], t.endpoint)
			errs[t.reason] = f.Err
		}
		after[t], still[t.endpoint] = true, true
	}
	for _, reason := range slices.Sorted(maps.Keys(begun)) {
		j.log.Warn("requests failed", "of", of, "reason", string(reason), "endpoints", strings.Join(begun[reason], " "), "err", errs[reason])
	}
	var again []string
	for t := range before {
		if !still[t.endpoint] && !slices.Contains(again, t.endpoint) {
			again = append(again, t.endpoint)
		}
	}
	if again != nil {
		slices.Sort(again)
		j.log.Info("requests succeed again", "of", of, "endpoints", strings.Join(again, " "))
	}
	j.failing[of] = after
}

// Forget removes the failures of a group that is no longer probed.
func (j *Journal) Forget(of string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.failing, of)
}

// Errors returns the number of failed attempts by reason.
func (j *Journal) Errors() map[string]uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.counts)
}
