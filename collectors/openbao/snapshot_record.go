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

	"github.com/cobaltcore-dev/cobaltcore-exporter/collectors/openbao/internal/nodeapi"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/snapshot"
)

// recorder keeps the answers of the nodes.
type recorder struct {
	nodeapi.Source

	ctx    context.Context //nolint:containedctx // of the snapshot
	shapes *snapshot.Shapes
	nodes  map[string]*recordedNode
}

func newRecorder(ctx context.Context, s nodeapi.Source) *recorder {
	return &recorder{Source: s, ctx: ctx, shapes: snapshot.NewShapes(nil), nodes: map[string]*recordedNode{}}
}

func (r *recorder) Current() (map[string]nodeapi.Node, failure.List) {
	clients, failures := r.Source.Current()
	out := map[string]nodeapi.Node{}
	for name, a := range clients {
		if n := r.nodes[name]; n == nil || n.Node != a {
			r.nodes[name] = &recordedNode{Node: a, ctx: r.ctx, shapes: r.shapes, answers: map[string]*recordedAnswer{}}
		}
		out[name] = r.nodes[name]
	}
	return out, failures
}

// recordedNode is a node whose answers are kept: the last answer of each path.
type recordedNode struct {
	nodeapi.Node

	ctx    context.Context //nolint:containedctx // of the snapshot
	shapes *snapshot.Shapes

	mu       sync.Mutex
	answers  map[string]*recordedAnswer
	loginErr error
}

// recordedAnswer is the part of an answer that is written to a snapshot. A status of 0 means no answer.
type recordedAnswer struct {
	status int
	reason failure.Reason
	body   []byte // object with the fields that are read; empty if the body was not JSON
	text   string // recognized text of an error, or a placeholder for other texts
}

func (n *recordedNode) Do(ctx context.Context, r nodeapi.Request) (nodeapi.Answer, error) {
	got, err := n.Node.Do(ctx, r)
	if n.ctx.Err() != nil { // the timeout of the snapshot, not of the node
		return got, err
	}
	k := recordAnswer(r, n.shapes, got, err)
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

func (n *recordedNode) Login(ctx context.Context, mount, role, jwt string) (nodeapi.Session, error) {
	got, err := n.Node.Login(ctx, mount, role, jwt)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loginErr = err
	return got, err
}

func (n *recordedNode) Presented() *x509.Certificate { return n.Node.Presented() }

// recordAnswer returns the part of an answer that is written to a snapshot; nil if reading a snapshot without the answer
// has the same result.
func recordAnswer(r nodeapi.Request, shapes *snapshot.Shapes, got nodeapi.Answer, err error) *recordedAnswer {
	if err != nil {
		if err = failure.FromTransport(err); errors.Is(err, failure.ErrNotInSnapshot) {
			return nil
		}
		if !failure.NoAnswer(err) {
			return &recordedAnswer{status: http.StatusOK} // the body cannot be read
		}
		return &recordedAnswer{reason: failure.ReasonOf(err)}
	}
	k := &recordedAnswer{status: got.Status}
	var message struct {
		Errors []string `json:"errors"`
	}
	wrong := json.Unmarshal(got.Body, &message)
	if wrong != nil || len(message.Errors) > 0 {
		k.text = "…"
	}
	for _, text := range nodeapi.RecognizedTexts() {
		if bytes.Contains(got.Body, []byte(text)) {
			k.text = text
			break
		}
	}
	k.body = projectBody(r.Endpoint, shapes, got.Body)
	return k
}

// file returns the answer in the form that [snapshot.ReadAnswer] reads.
func (k *recordedAnswer) file() ([]byte, error) {
	if k.status == 0 {
		return json.Marshal(map[string]any{"_status": 0, "_reason": k.reason})
	}
	if k.status == http.StatusOK && k.body == nil {
		return []byte(`"not JSON"`), nil
	}
	head := map[string]any{"_status": k.status}
	if k.text != "" && k.status != http.StatusOK {
		head["errors"] = []string{k.text}
	}
	text, err := json.Marshal(head)
	if members := strings.TrimSuffix(strings.TrimPrefix(string(k.body), "{"), "}"); members != "" {
		text = append(append(bytes.TrimSuffix(text, []byte("}")), ',', '\n'), members...)
		text = append(text, '}')
	}
	return append(text, '\n'), err
}

// joinPages merges the certificates of two pages, because a snapshot has no pages.
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

// projectBody returns the fields of a body that are read. The result is empty if the body is not a JSON object.
func projectBody(e nodeapi.Endpoint, shapes *snapshot.Shapes, body []byte) []byte {
	shape, err := shapes.ForType(e.Answer)
	if err != nil {
		return nil
	}
	if text, err := shape.Keep(body); err == nil && bytes.HasPrefix(text, []byte("{")) {
		return text
	}
	return nil
}
