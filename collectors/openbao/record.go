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
	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/fleet"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
)

var _ collectors.Recorder = (*instance)(nil)

// Record asks everything once, as the loops do, and writes the answers to
// openbao/<name>/<node>/.
func (i *instance) Record(ctx context.Context, to collectors.Recording) (answers int, missing []fleet.Missing, err error) {
	defer i.nodes.Close()
	if l, ok := i.nodes.(*ask.Live); ok {
		l.FindOnce(ctx)
	}
	rec := newRecorder(ctx, i.nodes)
	i.nodes = rec
	i.askNodesOnce(ctx)
	i.askClusterOnce(ctx)
	for _, d := range i.details {
		if d.begin != nil {
			d.begin()
		}
		a, err := i.active()
		i.askDetailOnce(ctx, d, a, err)
	}
	i.giveBack(ctx)
	dir := filepath.Join(to.Fleet, "openbao", i.Name)
	for _, name := range slices.Sorted(maps.Keys(rec.nodes)) {
		n := rec.nodes[name]
		n.shiftClock(i.facts[name], to.TakenAt)
		wrote, err := n.write(filepath.Join(dir, nodeDirectory(name)))
		answers += wrote
		if err != nil {
			return answers, nil, err
		}
	}
	return answers, i.notAsked(ctx, rec), os.MkdirAll(dir, 0o700)
}

// notAsked is what answers cannot say: that the nodes are not known, that there was no
// token, or that the time was up.
func (i *instance) notAsked(ctx context.Context, rec *recorder) []fleet.Missing {
	var all []fleet.Missing
	note := func(endpoint string, reason probe.Reason) {
		all = append(all, fleet.Missing{Cluster: i.Cluster, OpenBao: i.Name, Endpoint: endpoint, Reason: string(reason)})
	}
	if ctx.Err() != nil {
		note("", probe.ReasonTimeout) // nobody knows what else there is to ask
		return all
	}
	for _, f := range i.finding {
		note(f.Endpoint, f.Reason())
	}
	if _, err := i.active(); err != nil || i.token != "" || !i.credentials.Enabled() || i.credentials.Recorded {
		return all
	}
	reason := probe.ReasonForbidden // there is nothing to log in with
	for _, n := range rec.nodes {
		if n.loginErr != nil {
			reason = probe.ReasonOf(n.loginErr)
		}
	}
	note(i.credentials.Endpoint(), reason)
	return all
}

// giveBack revokes the token that a login has brought, unless it is one that cannot
// be.
func (i *instance) giveBack(ctx context.Context) {
	if i.credentials.Kubernetes == nil || i.token == "" || strings.HasPrefix(i.token, "b.") {
		return
	}
	if a, err := i.active(); err == nil {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(i.Timeout))
		defer cancel()
		a.Revoke(ctx, i.token)
	}
}

// nodeDirectory is the name of a node, which leads nowhere else.
func nodeDirectory(name string) string {
	name = strings.ReplaceAll(name, string(filepath.Separator), "-")
	if name == "." || name == ".." {
		return "_" + name
	}
	return name
}

// shiftClock makes the clock of the node differ from the moment of the snapshot by as
// much as it differed when it was asked.
func (n *recordingNode) shiftClock(f *ask.NodeAnswers, takenAt time.Time) {
	if f == nil || f.Health == nil || f.Health.ServerTime == 0 {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	got := n.answers[ask.SysHealth.Path]
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
func (n *recordingNode) write(dir string) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return 0, err
	}
	if c := n.Presented(); c != nil {
		text, err := json.Marshal(map[string]time.Time{"not_after": c.NotAfter})
		if err != nil {
			return 0, err
		}
		if err := os.WriteFile(filepath.Join(dir, "tls.json"), text, 0o600); err != nil {
			return 0, err
		}
	}
	taken := map[string]bool{}
	answers := 0
	for _, path := range slices.Sorted(maps.Keys(n.answers)) {
		name := ask.RecordedFile(path)
		if taken[name] {
			name = ask.OwnFile(path)
		}
		taken[name] = true
		text, err := n.answers[path].file()
		if err != nil {
			return answers, err
		}
		if err := os.WriteFile(filepath.Join(dir, name), text, 0o600); err != nil {
			return answers, err
		}
		if n.answers[path].status != 0 {
			answers++
		}
	}
	return answers, nil
}
