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
	"reflect"
	"strings"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/probe"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/slim"
)

// recorder notes what the nodes answer.
type recorder struct {
	nodeSource

	ctx    context.Context //nolint:containedctx // of the recording
	shapes *slim.Shapes
	nodes  map[string]*recordingNode
}

func newRecorder(ctx context.Context, s nodeSource) *recorder {
	return &recorder{nodeSource: s, ctx: ctx, shapes: slim.NewShapes(nil), nodes: map[string]*recordingNode{}}
}

func (r *recorder) current() (map[string]asker, probe.Failures) {
	askers, failures := r.nodeSource.current()
	out := map[string]asker{}
	for name, a := range askers {
		if n := r.nodes[name]; n == nil || n.asker != a {
			r.nodes[name] = &recordingNode{asker: a, ctx: r.ctx, shapes: r.shapes, answers: map[string]*kept{}}
		}
		out[name] = r.nodes[name]
	}
	return out, failures
}

// recordingNode is a node of which the answers are kept, the last one of each path.
type recordingNode struct {
	asker

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

func (n *recordingNode) ask(ctx context.Context, r request) (answer, error) {
	got, err := n.asker.ask(ctx, r)
	if n.ctx.Err() != nil { // it is our time that is up
		return got, err
	}
	k := keep(r, n.shapes, got, err)
	if k == nil {
		return got, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if before := n.answers[r.path]; len(r.params["after"]) > 0 && before != nil && k.status == http.StatusOK {
		k.body = joinPages(before.body, k.body)
	}
	n.answers[r.path] = k
	return got, err
}

func (n *recordingNode) login(ctx context.Context, mount, role, jwt string) (session, error) {
	got, err := n.asker.login(ctx, mount, role, jwt)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.loginErr = err
	return got, err
}

func (n *recordingNode) presented() *x509.Certificate { return n.asker.presented() }

// keep is what a snapshot has of an answer; nil if it is itself of a snapshot that
// has none.
func keep(r request, shapes *slim.Shapes, got answer, err error) *kept {
	if err != nil {
		if err = probe.TransportFailure(err); errors.Is(err, probe.ErrNotRecorded) {
			return nil
		}
		if !probe.NoAnswer(err) {
			return &kept{status: http.StatusOK} // what came back cannot be read
		}
		return &kept{reason: probe.ReasonOf(err)}
	}
	k := &kept{status: got.status}
	var said struct {
		Errors []string `json:"errors"`
	}
	wrong := json.Unmarshal(got.body, &said)
	if wrong != nil || len(said.Errors) > 0 {
		k.said = "…"
	}
	for _, text := range says() {
		if bytes.Contains(got.body, []byte(text)) {
			k.said = text
			break
		}
	}
	k.body = keptOf(r.endpoint, shapes, got.body)
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

// answerType is what is read of the answer of an endpoint; nil if nobody knows.
func answerType(e endpoint) reflect.Type {
	switch e.path {
	case sysHealth.path:
		return reflect.TypeFor[health]()
	case sysSealStatus.path:
		return reflect.TypeFor[sealStatus]()
	case sysLeader.path:
		return reflect.TypeFor[leaderStatus]()
	case pkiIssuers.path:
		return dataOf[issuerList]()
	case pkiIssuer.path:
		return dataOf[issuerData]()
	case pkiCRL.path:
		return dataOf[crlData]()
	case lookupSelf.path:
		return dataOf[tokenState]()
	case raftState.path:
		return dataOf[autopilotState]()
	case raftSettings.path:
		return dataOf[autopilotSettings]()
	case raftPeerSet.path:
		return dataOf[raftConfiguration]()
	case haStatus.path:
		return dataOf[haNodes]()
	case sysMounts.path, sysAuth.path:
		return dataOf[mountTable]()
	case keyStatus.path:
		return dataOf[keyState]()
	case leaseCount.path:
		return dataOf[leaseCounts]()
	case sysAudit.path:
		return dataOf[auditTable]()
	case pkiDetailed.path:
		return dataOf[certificatePage]()
	case pkiTidy.path:
		return dataOf[tidyData]()
	case kvMetadata.path: // and of the list
		if e.list {
			return dataOf[kvNames]()
		}
		return dataOf[kvState]()
	}
	return nil
}

func dataOf[T any]() reflect.Type {
	return reflect.TypeFor[struct {
		Data *T `json:"data"`
	}]()
}

// keptOf is what is read of a body, if that is a JSON object.
func keptOf(e endpoint, shapes *slim.Shapes, body []byte) []byte {
	t := answerType(e)
	if t == nil {
		return nil // tests see to it that there is none
	}
	shape, err := shapes.Of(t)
	if err != nil {
		return nil
	}
	if text, err := shape.Keep(body); err == nil && bytes.HasPrefix(text, []byte("{")) {
		return text
	}
	return nil
}
