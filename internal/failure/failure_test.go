// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package failure

import (
	"context"
	"errors"
	"net/url"
	"os"
	"strings"
	"testing"
)

func TestReasonsOfNoAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want Reason
	}{
		"deadline":   {context.DeadlineExceeded, ReasonTimeout},
		"wrapped":    {&url.Error{Op: "Get", URL: "x", Err: os.ErrDeadlineExceeded}, ReasonTimeout},
		"refused":    {&url.Error{Op: "Get", URL: "x", Err: errors.New("connection refused")}, ReasonHTTP},
		"TLS alert":  {errors.New("remote error: tls: bad certificate"), ReasonTLS},
		"files":      {&FileError{Err: os.ErrNotExist}, ReasonTLS},
		"too large":  {ErrTooLarge, ReasonDecode},
		"classified": {Errorf("sealed", "x"), "sealed"},
	} {
		err := FromTransport(tc.err)
		if got := ReasonOf(err); got != tc.want {
			t.Errorf("%s: %s, not %s", name, got, tc.want)
		}
		if name == "wrapped" && strings.Contains(err.Error(), "Get") {
			t.Errorf("the URL is in the text: %v", err)
		}
		if name != "classified" && !NoAnswer(err) {
			t.Errorf("%s counts as an answer", name)
		}
	}
	if !errors.Is(FromTransport(ErrNotInSnapshot), ErrNotInSnapshot) {
		t.Error("what is not recorded is a failure")
	}
}
