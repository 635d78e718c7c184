// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
)

// redirect has servers that redirect each request to a server on another address, which must not
// get any, to a metadata server, or to themselves.
func redirect(s *site) {
	l, err := net.Listen("tcp", "127.0.0.77:0")
	if err != nil {
		s.Fatal(err)
	}
	other := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		s.Errorf("a redirect was followed to %s with the credentials %q", r.URL, r.Header.Get("Authorization")+r.Header.Get("X-Vault-Token"))
	}))
	_ = other.Listener.Close()
	other.Listener = l
	other.Start()
	s.Cleanup(other.Close)
	var all []func(io.Writer) error
	for _, to := range []string{other.URL + "/latest/meta-data/", "//" + l.Addr().String() + "/", "http://169.254.169.254/latest/meta-data/", "/", "?a", ""} {
		for _, status := range []int{301, 302, 303, 307, 308} {
			all = append(all, once(fmt.Sprintf("HTTP/1.1 %d Redirect\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", status, to)))
		}
	}
	s.answerRaw(all)
}
