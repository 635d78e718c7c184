// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// storedPods is the podSource of a snapshot. The metrics of a pod are in controllers/<namespace>/<pod>.prom below
// its directory. If the scrape failed, the file begins with [failedPrefix] and has the reason.
type storedPods struct {
	cluster fleet.Cluster
	dir     snapshot.Dir
	now     func() time.Time

	fingerprint string
	pods        []pod
	missing     map[string]failure.Reason // by system; an empty system means all
	meta        snapshot.Meta
}

// refresh reads the directory if it has changed. If that fails, the previous pods stay.
func (r *storedPods) refresh(ctx context.Context) error {
	fingerprint := r.cluster.Fingerprint(ctx)
	if fingerprint == r.fingerprint {
		return nil
	}
	meta, err := r.dir.ReadMeta(ctx)
	if err != nil {
		return failure.Errorf(failure.ReasonDecode, "snapshot: %w", err)
	}
	objects, err := snapshot.ReadObjects(ctx, r.dir.Path)
	if err != nil {
		return failure.Errorf(failure.ReasonDecode, "snapshot: %w", err)
	}
	var pods []pod
	for _, o := range objects[schema.GroupKind{Kind: "Pod"}] {
		if o.Raw == nil {
			continue
		}
		var p pod
		if err := json.Unmarshal(o.Raw, &p); err != nil {
			return decodeFailure(err)
		}
		pods = append(pods, p)
	}
	r.fingerprint, r.meta, r.pods, r.missing = fingerprint, meta, pods, r.notListed(meta)
	return nil
}

// failedPrefix is followed by a reason.
const failedPrefix = "# failed: "

// notListed returns the systems whose pods were unknown when the snapshot was taken.
func (r *storedPods) notListed(meta snapshot.Meta) map[string]failure.Reason {
	missing := map[string]failure.Reason{}
	for _, m := range meta.MissingIn(r.cluster.Name) {
		if m.Kind == "Pod" && m.Group == "" && m.Endpoint == "" {
			missing[m.System] = knownReason(m.Reason)
		}
	}
	return missing
}

// knownReason maps a reason to the closed set, because a file may have any text.
func knownReason(text string) failure.Reason {
	if reason := failure.Reason(text); slices.Contains(scrapeReasons(), reason) {
		return reason
	}
	return failure.ReasonHTTP
}

func (r *storedPods) shift() time.Duration { return r.dir.TimeShift(r.meta, r.now()) }

func (*storedPods) isTrusted() bool { return true }

// list returns the pods of a selector. Of two pods with the same name it takes the later one, because dumps may
// overlap.
func (r *storedPods) list(_ context.Context, s podSelector) ([]*pod, error) {
	if reason := cmp.Or(r.missing[s.system], r.missing[""]); reason != "" {
		return nil, failure.Errorf(reason, "they could not be listed when the snapshot was taken")
	}
	var found []*pod
	at := map[string]int{}
	for i := range r.pods {
		p := r.pods[i]
		p.system = s.system
		if p.Metadata.Name == "" || !s.matches(&p) {
			continue
		}
		if n, ok := at[p.key()]; ok {
			found[n] = &p
			continue
		}
		at[p.key()] = len(found)
		found = append(found, &p)
	}
	return found, nil
}

// metricsFile returns the path of the metrics of a pod in the snapshot of a cluster; empty if the path would be
// outside the snapshot.
func metricsFile(cluster string, p *pod) string {
	name := filepath.Join(p.Metadata.Namespace, snapshot.FileName(p.Metadata.Name, ".prom"))
	if !filepath.IsLocal(name) {
		return ""
	}
	return filepath.Join(cluster, "controllers", name)
}

func (r *storedPods) isScraped(p *pod) bool {
	_, err := os.Stat(metricsFile(r.dir.Path, p))
	return err == nil
}

func (r *storedPods) scrape(ctx context.Context, p *pod) (io.ReadCloser, error) {
	text, err := files.Read(ctx, metricsFile(r.dir.Path, p), maxMetrics)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, failure.Errorf(failure.ReasonNotFound, "it is no longer in the snapshot")
	case err != nil:
		return nil, failure.Errorf(failure.ReasonHTTP, "snapshot: %w", err)
	}
	line, _, _ := bytes.Cut(text, []byte("\n"))
	if reason, failed := strings.CutPrefix(string(bytes.TrimSpace(line)), failedPrefix); failed {
		return nil, failure.Errorf(knownReason(reason), "it did not respond when the snapshot was taken")
	}
	return io.NopCloser(bytes.NewReader(text)), nil
}

func (*storedPods) close() {}
