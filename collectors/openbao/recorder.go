// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package openbao

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/ask"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/slim"
)

// recorder notes what the nodes answer.
type recorder struct {
	ask.Source

	ctx    context.Context //nolint:containedctx // of the recording
	shapes *slim.Shapes
	nodes  map[string]*recordingNode
}

func newRecorder(ctx context.Context, s ask.Source) *recorder {
	return &recorder{Source: s, ctx: ctx, shapes: slim.NewShapes(nil), nodes: map[string]*recordingNode{}}
}

func (r *recorder) Current() (map[string]ask.Node, probe.Failures) {
	askers, failures := r.Source.Current()
	out := map[string]ask.Node{}
	for name, a := range askers {
		if n := r.nodes[name]; n == nil || n.Node != a {
			r.nodes[name] = &recordingNode{Node: a, ctx: r.ctx, shapes: r.shapes, answers: map[string]*kept{}}
		}
		out[name] = r.nodes[name]
	}
	return out, failures
}

// recordingNode is a node of which the answers are kept, the last one of each path.
type recordingNode struct {
	ask.Node

	ctx    context.Context //nolint:containedctx // of the recording
	shapes *slim.Shapes

	mu       sync.Mutex
	answers  map[string]*kept
	loginErr error
}

// kept is what a snapshot has of an answer. Without a status there was none.
type kept struct {
	status int
	reason probe.Reason
	body   []byte // what is read of it: an object; empty if it was no JSON
	said   string // why there is none
}

func (n *recordingNode) Ask(ctx context.Context, r ask.Request) (ask.Answer, error) {
	got, err := n.Node.Ask(ctx, r)
	if n.ctx.Err() != nil { // it is our time that is up
		return got, err
	}
	k := keep(r, n.shapes, got, err)
	if k == nil {
		return got, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if before := n.answers[r.Path]; len(r.Params["after"]) > 0 && before != nil && k.status == http.StatusOK {
		k.body = joinPages(before.body, k.body)
	}
	n.answers[r.Path] = k
	return got, err
}

func (n *recordingNode) Login(ctx context.Context, mount, role, jwt string) (ask.Session, error) {
	got, err := n.Node.Login(ctx, mount, role, jwt)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loginErr = err
	return got, err
}

func (n *recordingNode) Presented() *x509.Certificate { return n.Node.Presented() }

// keep is what a snapshot has of an answer; nil if it is itself of a snapshot that
// has none.
func keep(r ask.Request, shapes *slim.Shapes, got ask.Answer, err error) *kept {
	if err != nil {
		if err = probe.TransportFailure(err); errors.Is(err, probe.ErrNotRecorded) {
			return nil
		}
		if !probe.NoAnswer(err) {
			return &kept{status: http.StatusOK} // what came back cannot be read
		}
		return &kept{reason: probe.ReasonOf(err)}
	}
	k := &kept{status: got.Status}
	var said struct {
		Errors []string `json:"errors"`
	}
	wrong := json.Unmarshal(got.Body, &said)
	if wrong != nil || len(said.Errors) > 0 {
		k.said = "…"
	}
	for _, text := range ask.Says() {
		if bytes.Contains(got.Body, []byte(text)) {
			k.said = text
			break
		}
	}
	k.body = keptOf(r.Endpoint, shapes, got.Body)
	return k
}

// file is the answer as [recorded] reads it.
func (k *kept) file() ([]byte, error) {
	if k.status == 0 {
		return json.Marshal(map[string]any{"_status": 0, "_reason": k.reason})
	}
	if k.status == http.StatusOK && k.body == nil {
		return []byte(`"not JSON"`), nil
	}
	head := map[string]any{"_status": k.status}
	if k.said != "" && k.status != http.StatusOK {
		head["errors"] = []string{k.said}
	}
	text, err := json.Marshal(head)
	if members := strings.TrimSuffix(strings.TrimPrefix(string(k.body), "{"), "}"); members != "" {
		text = append(append(bytes.TrimSuffix(text, []byte("}")), ',', '\n'), members...)
		text = append(text, '}')
	}
	return append(text, '\n'), err
}

// joinPages puts the certificates of two pages together: a snapshot has no pages.
func joinPages(before, after []byte) []byte {
	type page struct {
		Data struct {
			Keys []string                   `json:"keys"`
			Info map[string]json.RawMessage `json:"key_info"`
		} `json:"data"`
	}
	var a, b page
	if json.Unmarshal(before, &a) != nil || json.Unmarshal(after, &b) != nil {
		return before
	}
	a.Data.Keys = append(a.Data.Keys, b.Data.Keys...)
	if a.Data.Info == nil {
		a.Data.Info = map[string]json.RawMessage{}
	}
	maps.Copy(a.Data.Info, b.Data.Info)
	joined, err := json.Marshal(a)
	if err != nil {
		return before
	}
	return joined
}

// keptOf is what is read of a body, if that is a JSON object.
func keptOf(e ask.Endpoint, shapes *slim.Shapes, body []byte) []byte {
	shape, err := shapes.Of(e.Answer)
	if err != nil {
		return nil
	}
	if text, err := shape.Keep(body); err == nil && bytes.HasPrefix(text, []byte("{")) {
		return text
	}
	return nil
}
