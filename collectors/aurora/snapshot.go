// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"path/filepath"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

var _ collectors.SnapshotWriter = (*instance)(nil)

// WriteSnapshot runs all checks once and writes their outcomes to aurora/<name>/. Bodies are not written: a
// check that succeeded gets a constant body that passes it.
func (i *instance) WriteSnapshot(ctx context.Context, w *snapshot.Writer) error {
	dir, err := w.CreateInstanceDir(Name, i.Name)
	if err != nil {
		return err
	}
	ask := i.round()
	for _, p := range i.parts {
		outcomes := i.collectOutcomes(ctx, p, ask)
		if ctx.Err() != nil { // the checks failed because of the timeout of the snapshot
			w.Missing = append(w.Missing, snapshot.Missing{Cluster: i.Cluster, Aurora: i.Name, Reason: string(failure.ReasonTimeout)})
			return nil //nolint:nilerr // it is noted
		}
		for n, o := range outcomes {
			if errors.Is(o.err, failure.ErrNotInSnapshot) {
				continue
			}
			text, err := json.MarshalIndent(o.encode(p.checks[n]), "", "  ")
			if err != nil {
				return err
			}
			if err := w.WriteAnswer(dir, p.checks[n].name, append(text, '\n'), o.status > 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// encode returns the answer in the form that [stored] reads.
func (o outcome) encode(c check) map[string]any {
	kept := map[string]any{"_status": o.status}
	if !o.expires.IsZero() {
		kept["_notAfter"] = o.expires.UTC().Format(time.RFC3339)
	}
	if o.redirects > 0 {
		kept["_redirects"] = o.redirects
	}
	if o.err == nil {
		maps.Copy(kept, c.acceptedBody())
		return kept
	}
	kept["_reason"] = failure.ReasonOf(o.err)
	if o.problem != "" {
		kept["_problem"] = o.problem
	}
	if found, _, err := mime.ParseMediaType(o.contentType); err == nil {
		kept["_contentType"] = found
	}
	return kept
}

// acceptedBody returns a body that the check accepts.
func (c check) acceptedBody() map[string]any {
	switch c.name {
	case checkToken:
		return map[string]any{"csrfToken": "…"}
	case checkSession:
		return map[string]any{"result": map[string]any{"data": nil}}
	case checkPage:
		return map[string]any{"_contentType": "text/html", "_text": `<div id="app"></div>`}
	}
	return map[string]any{"version": map[string]any{"id": "v3"}}
}

// stored is a dashboard whose answers are files, DIR/<check>.json. Each is the body with "_status" added. If
// the body is not JSON, it is in "_text" and its type in "_contentType". "_redirects" is the number of
// redirects followed, "_reason" the reason of a failed check, and "_problem" the cause of a failed TLS
// handshake. A status of 0 means no answer. The first expiry of the certificates is "_notAfter", or "not_after"
// in tls.json and keystone-tls.json.
type stored struct{ dir string }

func (s stored) run(ctx context.Context, c check) outcome {
	status, body, err := snapshot.ReadAnswer(ctx, s.dir, c.name, reasons())
	certificate := "tls.json"
	if c.name == checkKeystone {
		certificate = "keystone-tls.json"
	}
	o := outcome{answer: answer{status: status}, err: err, expires: snapshot.ReadExpiry(ctx, filepath.Join(s.dir, certificate))}
	if body == nil {
		return o
	}
	head, headErr := httpclient.DecodeJSON[struct {
		ContentType string             `json:"_contentType"`
		Text        *string            `json:"_text"`
		Redirects   int                `json:"_redirects"`
		Reason      failure.Reason     `json:"_reason"`
		Problem     failure.TLSProblem `json:"_problem"`
		NotAfter    time.Time          `json:"_notAfter"`
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
		o.err = failure.Errorf(head.Reason, "as in the snapshot")
	default:
		if head.Text != nil {
			body = []byte(*head.Text)
		}
		o.err = c.judge(answer{status: status, contentType: o.contentType, body: body})
	}
	if failure.ReasonOf(o.err) == failure.ReasonTLS {
		if o.problem = head.Problem; !slices.Contains(failure.TLSProblems(), head.Problem) {
			o.problem = failure.TLSOther
		}
	}
	return o
}
