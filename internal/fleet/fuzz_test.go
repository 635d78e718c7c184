// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
)

// FuzzReadList compares the items of a list that is decoded as a stream with those of a list that is decoded as a
// whole.
func FuzzReadList(f *testing.F) {
	f.Add(`{"kind":"PodList","metadata":{"continue":"c"},"items":[{"a":1},[],null,"x"]}`)
	f.Add(`{"items":null,"other":[{}]}`)
	f.Add(`{"items":[{},{"items":[{}]}],"items":[{}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		var items []string
		list, err := ReadList(strings.NewReader(text), MaxList, func(raw []byte) error {
			if !json.Valid(raw) && strings.ToValidUTF8(text, "") == text {
				t.Errorf("an item is %q", raw)
			}
			items = append(items, string(raw))
			return nil
		})
		var whole map[string]json.RawMessage
		if json.Unmarshal([]byte(text), &whole) != nil || err != nil || strings.Count(text, `"`) != strings.Count(string(marshalled(whole)), `"`) {
			return // not JSON, refused, or with duplicate names
		}
		var want []json.RawMessage
		if json.Unmarshal(whole["items"], &want) == nil && len(want) != len(items) {
			t.Errorf("%d items, want %d", len(items), len(want))
		}
		var kind string
		if json.Unmarshal(whole["kind"], &kind) == nil && kind != list.Kind {
			t.Errorf("kind %q, want %q", list.Kind, kind)
		}
	})
}

func marshalled(v any) []byte {
	text, _ := json.Marshal(v) // it was decoded a moment ago
	return text
}

// FuzzSecrets reads kubeconfig Secrets from an API server that answers with any list and any object. A discovered
// cluster has a valid name, and either credentials or a reason.
func FuzzSecrets(f *testing.F) {
	var list, object atomic.Pointer[string]
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Query().Has("continue"):
			_, _ = io.WriteString(w, "{}")
		case r.URL.Query().Has("limit"):
			_, _ = io.WriteString(w, *list.Load())
		default:
			_, _ = io.WriteString(w, *object.Load())
		}
	}))
	f.Cleanup(server.Close)
	file := filepath.Join(f.TempDir(), "kubeconfig")
	kubeconfig := `{"current-context":"c","clusters":[{"name":"c","cluster":{"server":"` + server.URL + `"}}],"contexts":[{"name":"c","context":{"cluster":"c"}}]}`
	if err := os.WriteFile(file, []byte(kubeconfig), 0o600); err != nil {
		f.Fatal(err)
	}
	const metadata = `{"metadata":{"name":"a-kubeconfig","resourceVersion":"1","labels":{"k":"v"}}`
	f.Add(`{"kind":"PartialObjectMetadataList","items":[`+metadata+`}]}`, metadata+`,"data":{"value":"e30="}}`)
	f.Add(`{"kind":"PartialObjectMetadataList","metadata":{"continue":"c"},"items":[`+metadata+`},{}]}`, metadata+`,"data":{"value":"!"}}`)
	f.Add(`{"kind":"Status","code":403}`, `[]`)
	f.Fuzz(func(t *testing.T, listText, objectText string) {
		list.Store(&listText)
		object.Store(&objectText)
		p := &place{
			entry: config.Discover{FluxSecrets: &config.FluxSecrets{Namespace: "n", Suffix: "-kubeconfig"}}, host: Cluster{Name: "h", Kubeconfig: file},
			source: Source{"h", SourceFluxSecret, "n"}, state: placeState{known: map[string]known{}},
		}
		p.client = NewClient(p.host, ClientOptions{})
		defer p.client.Close()
		p.declared = p.fluxSecrets
		p.poll(t.Context())
		state := p.currentState()
		if state.failing.Reason != "" {
			return // the list is not complete
		}
		for secret, k := range state.known {
			valid := clusterName.MatchString(k.cluster) && objectName.MatchString(secret)
			if !valid && k.credentials != nil || k.credentials == nil && k.reason == "" {
				t.Errorf("Secret %q: cluster %q, credentials %v, reason %q", secret, k.cluster, k.credentials != nil, k.reason)
			}
		}
	})
}

// FuzzExpiry reads the expiry of tokens and certificates.
func FuzzExpiry(f *testing.F) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	f.Cleanup(server.Close)
	f.Add(string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	f.Add("a.eyJleHAiOjE3MDAwMDAwMDB9.b")
	f.Add("a.eyJleHAiOjFlMzA4fQ.b")
	f.Fuzz(func(t *testing.T, text string) {
		if at := certificateExpiry([]byte(text)); !at.IsZero() {
			block, _ := pem.Decode([]byte(text))
			if c, err := x509.ParseCertificate(block.Bytes); err != nil || !c.NotAfter.Equal(at) {
				t.Errorf("%v, want that of %v", at, c)
			}
		}
		if at := tokenExpiry(text); !at.IsZero() && (at.Unix() < 0 || at.Unix() > 1<<40) {
			t.Errorf("%v", at)
		}
	})
}
