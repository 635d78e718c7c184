// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"context"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors"
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

var _ collectors.SnapshotWriter = (*instance)(nil)

// WriteSnapshot sends all requests of the loops once, and writes the answers to openbao/<name>/<node>/.
func (i *instance) WriteSnapshot(ctx context.Context, w *snapshot.Writer) error {
	defer i.nodes.Close()
	if l, ok := i.nodes.(*nodeapi.Live); ok {
		l.FindOnce(ctx)
	}
	keeper := newRecorder(ctx, i.nodes)
	i.nodes = keeper
	i.pollNodesOnce(ctx)
	i.pollClusterOnce(ctx)
	for _, d := range i.details {
		if d.begin != nil {
			d.begin()
		}
		a, err := i.activeNode()
		i.pollDetailOnce(ctx, d, a, err)
	}
	i.revokeToken(ctx)
	dir, err := w.CreateInstanceDir(Name, i.Name)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(keeper.nodes)) {
		n := keeper.nodes[name]
		n.shiftClock(i.facts[name], w.TakenAt)
		if err := n.write(w, filepath.Join(dir, nodeDirectory(name))); err != nil {
			return err
		}
	}
	i.noteMissing(ctx, w, keeper)
	return nil
}

// noteMissing records causes of missing answers: unknown nodes, no token, or the timeout of the snapshot.
func (i *instance) noteMissing(ctx context.Context, w *snapshot.Writer, keeper *recorder) {
	note := func(endpoint string, reason failure.Reason) {
		w.Missing = append(w.Missing, snapshot.Missing{Cluster: i.Cluster, OpenBao: i.Name, Endpoint: endpoint, Reason: string(reason)})
	}
	if ctx.Err() != nil {
		note("", failure.ReasonTimeout) // the remaining requests are unknown
		return
	}
	for _, f := range i.finding {
		note(f.Endpoint, f.Reason())
	}
	if _, err := i.activeNode(); err != nil || i.token != "" || !i.credentials.Enabled() || i.credentials.Offline {
		return
	}
	reason := failure.ReasonForbidden // no credentials are configured
	for _, n := range keeper.nodes {
		if n.loginErr != nil {
			reason = failure.ReasonOf(n.loginErr)
		}
	}
	note(i.credentials.Endpoint(), reason)
}

// revokeToken revokes the token of a login, unless it cannot be revoked.
func (i *instance) revokeToken(ctx context.Context) {
	if i.credentials.Kubernetes == nil || i.token == "" || strings.HasPrefix(i.token, "b.") {
		return
	}
	if a, err := i.activeNode(); err == nil {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
		defer cancel()
		a.Revoke(ctx, i.token)
	}
}

// nodeDirectory returns the name of the directory of a node, which cannot lead to another directory.
func nodeDirectory(name string) string {
	name = strings.ReplaceAll(name, string(filepath.Separator), "-")
	if name == "." || name == ".." {
		return "_" + name
	}
	return snapshot.FileName(name, "")
}

// shiftClock changes the clock in the answer so that it differs from the time of the snapshot by the measured skew.
func (n *recordedNode) shiftClock(f *nodeapi.NodeAnswers, takenAt time.Time) {
	if f == nil || f.Health == nil || f.Health.ServerTime == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.answers[nodeapi.SysHealth.Path]
	if got == nil {
		return
	}
	var body map[string]json.RawMessage
	if json.Unmarshal(got.body, &body) != nil {
		return
	}
	body["server_time_utc"] = strconv.AppendInt(nil, takenAt.Unix()+int64(f.Skew), 10)
	if text, err := json.Marshal(body); err == nil {
		got.body = text
	}
}

// write writes the answers of a node.
func (n *recordedNode) write(w *snapshot.Writer, dir string) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if c := n.Presented(); c != nil {
		text, err := json.Marshal(map[string]time.Time{"not_after": c.NotAfter})
		if err != nil {
			return err
		}
		if err := w.Write(filepath.Join(dir, nodeapi.CertificateFile), text, false); err != nil {
			return err
		}
	}
	for _, path := range slices.Sorted(maps.Keys(n.answers)) {
		text, err := n.answers[path].file()
		if err != nil {
			return err
		}
		if err := w.WriteAnswer(dir, path, text, n.answers[path].status != 0); err != nil {
			return err
		}
	}
	return nil
}
