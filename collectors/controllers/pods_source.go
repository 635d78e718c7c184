// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package controllers

import (
	"bufio"
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

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/watch"
)

// podSource knows the pods of a cluster and gets their metrics.
type podSource interface {
	// refresh begins a round.
	refresh() error
	list(ctx context.Context, s podSelector) ([]*pod, error)
	// asks says whether the pod has metrics that can be asked for.
	asks(p *pod) bool
	// scrape returns a body, which the caller closes, or why there is none.
	scrape(ctx context.Context, p *pod) (io.ReadCloser, error)
	// shift is by how much timestamps are moved.
	shift() time.Duration
	close()
}

func newPodSource(c config.Controllers, site collectors.Site) podSource {
	if s := site.Cluster.Snapshot; s != nil {
		return &recordedPods{cluster: site.Cluster, snapshot: *s, now: site.Now}
	}
	live := &livePods{client: fleet.NewClient(site.Cluster)}
	switch c.Via {
	case "proxy":
		live.scraper = proxied{live.client}
	case "direct":
		live.scraper = newDirect(site.Dial)
	}
	return live
}

// livePods are those of a cluster that is there.
type livePods struct {
	client  *fleet.Client
	scraper scraper // nil: nobody wants metrics
}

func (*livePods) refresh() error       { return nil }
func (*livePods) shift() time.Duration { return 0 }

func (l *livePods) list(ctx context.Context, s podSelector) ([]*pod, error) {
	return listPods(ctx, l.client, s)
}

func (l *livePods) asks(p *pod) bool { return l.scraper != nil && p.askable() }

func (l *livePods) scrape(ctx context.Context, p *pod) (io.ReadCloser, error) {
	return l.scraper.scrape(ctx, p)
}

func (l *livePods) close() {
	if l.scraper != nil {
		l.scraper.close()
	}
	l.client.Close()
}

// recordedPods are those of a snapshot. What a pod told of itself is in
// controllers/<namespace>/<pod>.prom below its directory; if that begins with
// [failedPrefix], it is why the pod did not.
type recordedPods struct {
	cluster  fleet.Cluster
	snapshot fleet.Snapshot
	now      func() time.Time

	fingerprint string
	pods        []pod
	missing     map[string]probe.Reason // by system; that of none is of all
	takenAt     time.Time
	moved       *time.Duration // when the snapshot was first read
}

// refresh reads the directory if it has changed. If that fails, what was read before
// stays.
func (r *recordedPods) refresh() error {
	fingerprint := r.cluster.Fingerprint()
	if fingerprint == r.fingerprint {
		return nil
	}
	meta, err := r.snapshot.Meta()
	if err != nil {
		return probe.Failed(probe.ReasonDecode, "snapshot: %w", err)
	}
	objects, err := watch.SnapshotObjects(r.snapshot.Path, schema.GroupKind{Kind: "Pod"})
	if err != nil {
		return probe.Failed(probe.ReasonDecode, "snapshot: %w", err)
	}
	pods := make([]pod, len(objects))
	for i, raw := range objects {
		if err := json.Unmarshal(raw, &pods[i]); err != nil {
			return decodeFailure(err)
		}
	}
	if r.moved == nil || !r.takenAt.Equal(meta.TakenAt) {
		// A file that is edited later must not move the others.
		moved := r.snapshot.Shift(meta, r.now())
		r.takenAt, r.moved = meta.TakenAt, &moved
	}
	r.fingerprint, r.pods, r.missing = fingerprint, pods, r.notListed(meta)
	return nil
}

// failedPrefix is followed by a reason.
const failedPrefix = "# failed: "

// notListed are the systems whose pods were not known when the snapshot was taken.
func (r *recordedPods) notListed(meta fleet.SnapshotMeta) map[string]probe.Reason {
	missing := map[string]probe.Reason{}
	for _, m := range meta.Missing {
		if m.Kind == "Pod" && m.Group == "" && m.Endpoint == "" && (m.Cluster == "" || m.Cluster == r.cluster.Name) {
			missing[m.System] = knownReason(m.Reason)
		}
	}
	return missing
}

// knownReason closes the set: files may say anything.
func knownReason(text string) probe.Reason {
	if reason := probe.Reason(text); slices.Contains(scrapeReasons(), reason) {
		return reason
	}
	return probe.ReasonHTTP
}

func (r *recordedPods) shift() time.Duration {
	if r.moved == nil {
		return 0
	}
	return *r.moved
}

// list takes the later one of two pods that have the same name: dumps may overlap.
func (r *recordedPods) list(_ context.Context, s podSelector) ([]*pod, error) {
	if reason := cmp.Or(r.missing[s.system], r.missing[""]); reason != "" {
		return nil, probe.Failed(reason, "they could not be listed when the snapshot was taken")
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

func (r *recordedPods) file(p *pod) string {
	return metricsFile(filepath.Join(r.snapshot.Path, "controllers"), p)
}

// metricsFile is where a pod's own metrics are; empty if that would be elsewhere.
func metricsFile(dir string, p *pod) string {
	name := filepath.Join(p.Metadata.Namespace, p.Metadata.Name+".prom")
	if !filepath.IsLocal(name) {
		return ""
	}
	return filepath.Join(dir, name)
}

func (r *recordedPods) asks(p *pod) bool {
	_, err := os.Stat(r.file(p))
	return err == nil
}

func (r *recordedPods) scrape(_ context.Context, p *pod) (io.ReadCloser, error) {
	file, err := os.Open(r.file(p))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, probe.Failed(probe.ReasonNotFound, "it is no longer in the snapshot")
	case err != nil:
		return nil, probe.Failed(probe.ReasonHTTP, "snapshot: %w", err)
	}
	line, err := bufio.NewReader(io.LimitReader(file, maxLine)).ReadString('\n')
	if reason, failed := strings.CutPrefix(strings.TrimSpace(line), failedPrefix); failed {
		_ = file.Close()
		return nil, probe.Failed(knownReason(reason), "it did not tell when the snapshot was taken")
	}
	if err == nil || errors.Is(err, io.EOF) {
		_, err = file.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = file.Close()
		return nil, probe.Failed(probe.ReasonHTTP, "snapshot: %w", err)
	}
	return probe.LimitBody(file, maxMetrics), nil
}

func (*recordedPods) close() {}
