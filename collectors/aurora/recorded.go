// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"cmp"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

// recorded is a dashboard whose answers are files: DIR/<check>.json, each the body
// with "_status" added, or with "_status", "_contentType" and the body as "_text"
// where it is not JSON; "_redirects" is how many were followed. A "_reason" says why
// the check failed, whatever the body, and about TLS "_problem" what is wrong; with a
// status of 0 there was no answer. The expiry of the first certificate is in
// "_notAfter", or in tls.json and keystone-tls.json as "not_after".
type recorded struct {
	dir   string
	shift time.Duration
}

func newRecorded(name string, s fleet.Snapshot, now time.Time, log *slog.Logger) recorded {
	found := probe.FindRecording("aurora", name, s, now, log)
	return recorded{dir: found.Dir, shift: found.Shift}
}

func (r recorded) ask(_ context.Context, c check) outcome {
	status, body, err := probe.ReadRecorded(filepath.Join(r.dir, c.name+".json"), reasons())
	certificate := "tls.json"
	if c.name == checkKeystone {
		certificate = "keystone-tls.json"
	}
	o := outcome{answer: answer{status: status}, err: err, expires: probe.RecordedExpiry(filepath.Join(r.dir, certificate))}
	if body == nil {
		return o
	}
	head, headErr := probe.Decode[struct {
		ContentType string       `json:"_contentType"`
		Text        *string      `json:"_text"`
		Redirects   int          `json:"_redirects"`
		Reason      probe.Reason `json:"_reason"`
		Problem     problem      `json:"_problem"`
		NotAfter    time.Time    `json:"_notAfter"`
	}](body)
	if headErr != nil {
		o.err = headErr
		return o
	}
	o.redirects = max(0, head.Redirects)
	o.contentType = cmp.Or(head.ContentType, "application/json")
	if !head.NotAfter.IsZero() {
		o.expires = head.NotAfter
	}
	switch {
	case err != nil:
	case slices.Contains(reasons(), head.Reason):
		o.err = probe.Failed(head.Reason, "as recorded")
	default:
		if head.Text != nil {
			body = []byte(*head.Text)
		}
		o.err = c.judge(answer{status: status, contentType: o.contentType, body: body})
	}
	if probe.ReasonOf(o.err) == probe.ReasonTLS {
		if o.problem = head.Problem; !slices.Contains(problems(), head.Problem) {
			o.problem = problemOther
		}
	}
	return o
}
