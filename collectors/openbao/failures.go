// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/exposition"
)

// endpointFailure is an endpoint that was not answered, and why.
type endpointFailure struct {
	endpoint string
	err      error
	// skipped says that it was not even asked, because another one was not answered
	// or there is nobody to ask.
	skipped bool
}

func (f endpointFailure) reason() Reason {
	if why, ok := errors.AsType[*failure](f.err); ok {
		return why.reason
	}
	return ReasonHTTP
}

// failures are those of one turn.
type failures []endpointFailure

// add notes a failure; what a snapshot does not have is none.
func (fs *failures) add(endpoint string, err error) {
	if !errors.Is(err, errNotRecorded) {
		*fs = append(*fs, endpointFailure{endpoint: endpoint, err: err})
	}
}

// skip notes an endpoint that was not asked.
func (fs *failures) skip(endpoint string, err error) {
	if !errors.Is(err, errNotRecorded) {
		*fs = append(*fs, endpointFailure{endpoint: endpoint, err: err, skipped: true})
	}
}

// reason is that of the first.
func (fs failures) reason() Reason {
	if len(fs) == 0 {
		return ReasonHTTP
	}
	return fs[0].reason()
}

// rows adds why endpoints were not answered.
func (fs failures) rows(r *exposition.Rows, openbao, node string) {
	for _, f := range fs {
		r.Add(endpointFailing, 1, openbao, node, f.endpoint, string(f.reason()))
	}
}

// journal counts failures by reason and logs when they begin and end.
type journal struct {
	log *slog.Logger

	mu     sync.Mutex
	counts map[string]uint64
	// failing is what does not work, by what is asked together: a node, the cluster,
	// a detail.
	failing map[string]map[trouble]bool
}

// trouble is an endpoint that fails for a reason.
type trouble struct {
	endpoint string
	reason   Reason
}

func newJournal(log *slog.Logger) *journal {
	return &journal{log: log, counts: map[string]uint64{}, failing: map[string]map[trouble]bool{}}
}

// note takes in a turn: one line for all that began to fail for the same reason,
// and one for all that is answered again.
func (j *journal) note(of string, turn failures) {
	j.mu.Lock()
	defer j.mu.Unlock()
	was, is := j.failing[of], map[trouble]bool{}
	begun, errs, still := map[Reason][]string{}, map[Reason]error{}, map[string]bool{}
	for _, f := range turn {
		t := trouble{f.endpoint, f.reason()}
		if !f.skipped {
			j.counts[string(t.reason)]++
		}
		if !was[t] && !is[t] {
			begun[t.reason] = append(begun[t.reason], t.endpoint)
			errs[t.reason] = f.err
		}
		is[t], still[t.endpoint] = true, true
	}
	for _, reason := range slices.Sorted(maps.Keys(begun)) {
		j.log.Warn("not answered", "of", of, "reason", string(reason), "endpoints", strings.Join(begun[reason], " "), "err", errs[reason])
	}
	var again []string
	for t := range was {
		if !still[t.endpoint] && !slices.Contains(again, t.endpoint) {
			again = append(again, t.endpoint)
		}
	}
	if again != nil {
		slices.Sort(again)
		j.log.Info("answered again", "of", of, "endpoints", strings.Join(again, " "))
	}
	j.failing[of] = is
}

// forget drops what is asked no longer.
func (j *journal) forget(of string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	delete(j.failing, of)
}

// errors are the failed attempts by reason.
func (j *journal) errors() map[string]uint64 {
	j.mu.Lock()
	defer j.mu.Unlock()
	return maps.Clone(j.counts)
}
