// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package aurora

import (
	"bytes"
	"encoding/json"
	"errors"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/html"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/httpclient"
)

// judgeToken requires a CSRF token. The dashboard generates it without other services, so this check has the
// fewest dependencies.
func judgeToken(got answer) error {
	said, err := decode[struct {
		Token string `json:"csrfToken"`
	}](got, http.StatusOK)
	if err == nil && said.Token == "" {
		return failure.Errorf(ReasonContent, "the response has no csrfToken")
	}
	return err
}

// judgeSession checks the answer of the API to a request without a session. The content of data is ignored.
func judgeSession(got answer) error {
	said, err := decode[struct {
		Result map[string]json.RawMessage `json:"result"`
	}](got, http.StatusOK)
	if _, ok := said.Result["data"]; err == nil && !ok {
		return failure.Errorf(ReasonContent, "the response has no result.data")
	}
	return err
}

// judgeKeystone requires version 3 in the answer of its root, or in the list of versions, which has status 300.
func judgeKeystone(got answer) error {
	type version struct {
		ID string `json:"id"`
	}
	said, err := decode[struct {
		Version  version `json:"version"`
		Versions struct {
			Values []version `json:"values"`
		} `json:"versions"`
	}](got, http.StatusOK, http.StatusMultipleChoices)
	if err != nil {
		return err
	}
	for _, v := range append(said.Versions.Values, said.Version) {
		if v.ID == "v3" || strings.HasPrefix(v.ID, "v3.") {
			return nil
		}
	}
	return failure.Errorf(ReasonContent, "the response does not list version 3")
}

// judgePage requires the page with the root element of the application.
func judgePage(got answer) error {
	if err := checkStatus(got, "text/html", http.StatusOK); err != nil {
		return err
	}
	for t := html.NewTokenizer(bytes.NewReader(got.body)); t.Next() != html.ErrorToken; {
		token := t.Token()
		if token.Type != html.StartTagToken && token.Type != html.SelfClosingTagToken {
			continue
		}
		if slices.Contains(token.Attr, html.Attribute{Key: "id", Val: "app"}) || slices.Contains(token.Attr, html.Attribute{Key: "id", Val: "root"}) {
			return nil
		}
	}
	return failure.Errorf(ReasonContent, "the page has no element app or root")
}

// decode parses an answer that must be JSON.
func decode[T any](got answer, statuses ...int) (T, error) {
	var none T
	if err := checkStatus(got, "application/json", statuses...); err != nil {
		return none, err
	}
	if !utf8.Valid(got.body) {
		return none, failure.Errorf(failure.ReasonDecode, "not valid UTF-8")
	}
	return httpclient.DecodeJSON[T](got.body)
}

// checkStatus checks the status and the type of an answer.
func checkStatus(got answer, contentType string, statuses ...int) error {
	switch {
	case slices.Contains(statuses, got.status):
	case got.status == http.StatusUnauthorized: // not from Aurora or Keystone: a proxy requires a login
		return failure.Errorf(failure.ReasonUnauthorized, "status %d", got.status)
	case got.status == http.StatusForbidden:
		return failure.Errorf(failure.ReasonForbidden, "status %d", got.status)
	case got.status == http.StatusTooManyRequests:
		return failure.Errorf(failure.ReasonThrottled, "status %d", got.status)
	case got.status == http.StatusNotFound:
		return failure.Errorf(failure.ReasonNotFound, "status %d", got.status)
	default:
		return failure.Errorf(failure.ReasonHTTP, "status %d", got.status)
	}
	found, _, err := mime.ParseMediaType(got.contentType)
	if err != nil && !errors.Is(err, mime.ErrInvalidMediaParameter) || found != contentType { // parameters of the type are ignored
		return failure.Errorf(ReasonContent, "status %d, but not %s", got.status, contentType)
	}
	return nil
}
