// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package watch

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

const testGroup = "test.example.com"

// fakeAPI is an API server with kinds of testGroup.
type fakeAPI struct{ *fakeapi.Server }

func newFakeAPI(t *testing.T, start func(*httptest.Server)) fakeAPI {
	t.Helper()
	return fakeAPI{fakeapi.New(t, start)}
}

func listOf(resource string) string { return "/apis/" + testGroup + "/v1/" + resource }

func spec(text string) map[string]any { return map[string]any{"spec": json.RawMessage(text)} }

// serve serves a kind in the versions; without versions, the kind is not served.
func (a fakeAPI) serve(kind string, versions ...string) {
	a.Serve(listOf(strings.ToLower(kind)+"s"), kind, versions...)
}

func (a fakeAPI) put(resource, name, text string) { a.Put(listOf(resource), name, spec(text)) }

func (a fakeAPI) remove(resource, name string) { a.Remove(listOf(resource), name) }

func (a fakeAPI) deny(resource string, h http.HandlerFunc) { a.Deny(listOf(resource), h) }

func (a fakeAPI) cut(resource, goodbye string) {
	a.Change(func(s *fakeapi.State) { s.Cut(listOf(resource), goodbye) })
}

func (a fakeAPI) requests(resource string) map[string]int { return a.Counts(listOf(resource)) }
