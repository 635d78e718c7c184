// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"mime"
	"os"
	"path/filepath"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

var _ collectors.Recorder = (*instance)(nil)

// Record runs all checks once and writes what came of them to aurora/<name>/. Of a
// body nothing is written: a check that succeeded has one that passes it.
func (i *instance) Record(ctx context.Context, to collectors.Recording) (answers int, missing []fleet.Missing, err error) {
	dir := filepath.Join(to.Fleet, Name, i.Name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, nil, err
	}
	ask := i.round()
	for _, p := range i.parts {
		outcomes := i.outcomes(ctx, p, ask)
		if ctx.Err() != nil { // our time is up, and that is why they failed
			return answers, []fleet.Missing{{Cluster: i.Cluster, Aurora: i.Name, Reason: string(probe.ReasonTimeout)}}, nil //nolint:nilerr // it is noted
		}
		for n, o := range outcomes {
			if errors.Is(o.err, probe.ErrNotRecorded) {
				continue
			}
			if o.status > 0 {
				answers++
			}
			text, err := json.MarshalIndent(o.kept(p.checks[n]), "", "  ")
			if err != nil {
				return answers, nil, err
			}
			if err := os.WriteFile(filepath.Join(dir, p.checks[n].name+".json"), append(text, '\n'), 0o600); err != nil {
				return answers, nil, err
			}
		}
	}
	return answers, nil, nil
}

// kept is the answer as [recorded] reads it.
func (o outcome) kept(c check) map[string]any {
	kept := map[string]any{"_status": o.status}
	if !o.expires.IsZero() {
		kept["_notAfter"] = o.expires.UTC().Format(time.RFC3339)
	}
	if o.redirects > 0 {
		kept["_redirects"] = o.redirects
	}
	if o.err == nil {
		maps.Copy(kept, c.passes())
		return kept
	}
	kept["_reason"] = probe.ReasonOf(o.err)
	if o.problem != "" {
		kept["_problem"] = o.problem
	}
	if found, _, err := mime.ParseMediaType(o.contentType); err == nil {
		kept["_contentType"] = found
	}
	return kept
}

// passes is a body that the check accepts.
func (c check) passes() map[string]any {
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
