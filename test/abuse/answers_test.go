// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"bufio"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// answers are those that no server of HTTP gives, or whose JSON no server writes. Many API servers,
// an OpenBao and an Alertmanager give each in turn.
func answers() []attack {
	return []attack{
		{
			name: "all servers: 1xx, trailers, chunks and header lines without an end, wrong lengths", prepare: func(*site) {},
			begin: func(s *site) { s.answerRaw(endlessParts()) },
		},
		{
			name: "all servers: gzip, deflate, br and zstd, in each other", prepare: func(*site) {},
			begin: func(s *site) { s.answerRaw(encodings()) },
		},
		{
			name: "all servers: JSON of depth 1,000,000, numbers, duplicate keys, NUL and invalid UTF-8", prepare: func(*site) {},
			begin: func(s *site) { s.answerRaw(oddJSON()) },
		},
		{name: "all servers: redirects to another server, to a metadata server and in circles", prepare: func(*site) {}, begin: redirect},
	}
}

// answerRaw adds clusters, an OpenBao and an Alertmanager whose answers are written by some functions in
// turn, and loads the configuration.
func (s *site) answerRaw(all []func(io.Writer) error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	var given atomic.Int64
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer func() { _ = c.Close() }()
				_ = c.SetDeadline(time.Now().Add(30 * time.Second))
				if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
					return
				}
				_ = all[given.Add(1)%int64(len(all))](c)
				s.recordResult("%d answers were given", given.Load())
			})
		}
	})
	s.Cleanup(func() { _ = l.Close(); serving.Wait() })
	s.replaceServers("http://"+l.Addr().String(), 31)
}

// replaceServers replaces the attacking API server by so many clusters, an OpenBao, an Aurora with its Keystone and
// an Alertmanager with a URL, and loads the configuration.
func (s *site) replaceServers(url string, clusters int) {
	s.write("raw.token", "t")
	s.write("raw.kubeconfig", `{"current-context":"c","clusters":[{"name":"c","cluster":{"insecure-skip-tls-verify":true,"server":"`+url+
		`"}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"u"}}],"users":[{"name":"u","user":{"token":"t"}}]}`)
	config := "clusters:\n- {name: good, kubeconfig: {path: good.kubeconfig}}\n- {name: evil, kubeconfig: {path: raw.kubeconfig}}\n"
	for i := range clusters - 1 {
		config += fmt.Sprintf("- {name: evil%d, kubeconfig: {path: raw.kubeconfig}}\n", i)
	}
	tls := ""
	if strings.HasPrefix(url, "https") {
		tls = ", tls: {insecureSkipVerify: true}"
	}
	s.write("fleet.yaml", config+fmt.Sprintf(`
collectors:
  openbao: [{name: bao, cluster: evil, interval: 1s, nodes: [%[1]q], auth: {tokenFile: raw.token}, details: {interval: 1s}%[2]s}]
  aurora: [{name: aurora, cluster: evil, interval: 1s, timeout: 900ms, url: %[1]q, keystoneURL: %[3]q%[2]s}]
alertmanager: {urls: [%[1]q], interval: 1s%[2]s}
`, url, tls, url+"/v3"))
}

// endlessParts are answers a part of which has no end.
func endlessParts() []func(io.Writer) error {
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
	return []func(io.Writer) error{
		repeated("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
		repeated("", "HTTP/1.1 100 Continue\r\n\r\n"),
		repeated(ok+"Transfer-Encoding: chunked\r\nTrailer: X\r\n\r\n2\r\n{}\r\n0\r\n", "X: y\r\n"),
		repeated(ok+"Transfer-Encoding: chunked\r\n\r\n1;", "x=y;"),
		repeated(ok+"Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n"),
		repeated(ok, "X: y\r\n"),
		repeated("HTTP/1.1 200 ", "OK"),
		repeated(ok+"Content-Length: 9223372036854775807\r\n\r\n", " "),
		once(ok + "Content-Length: 1000000\r\n\r\n{}"),
		once(ok + "Content-Length: 1\r\n\r\n{\"data\":{}}"),
		once(ok + "Content-Length: -1\r\n\r\n{}"),
		once(ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
		once(ok + "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
		once("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
		repeated("HTTP/1.1 204 No Content\r\n\r\n", " "),
		once("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"),
		once("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 9223372036854775807\r\nContent-Length: 0\r\n\r\n"),
	}
}

// encodings are bodies that are compressed repeatedly, or in encodings that no client has requested.
func encodings() []func(io.Writer) error {
	zeros := bytes.Repeat([]byte(" "), 64<<20)
	packed, twice := pack(zeros), pack(pack(zeros))
	var deflated bytes.Buffer
	w, _ := flate.NewWriter(&deflated, flate.BestCompression)
	_, _ = w.Write(zeros)
	_ = w.Close()
	var all []func(io.Writer) error
	for encoding, body := range map[string][]byte{
		"gzip": packed, "GZIP": packed, "gzip, gzip": twice, "x-gzip": packed, "deflate": deflated.Bytes(), "br": packed, "zstd": packed,
		"gzip,gzip,gzip,gzip": pack(twice), "identity": twice, "": packed,
	} {
		head := "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
		if encoding != "" {
			head += "Content-Encoding: " + encoding + "\r\n"
		}
		all = append(all, once(head+fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body))+string(body)))
	}
	return append(all, repeated("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Encoding: gzip\r\n\r\n", string(pack(nil))))
}

func pack(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}

// oddJSON is JSON that some decoders read for long, or wrongly.
func oddJSON() []func(io.Writer) error {
	var all []func(io.Writer) error
	for _, body := range []string{
		strings.Repeat("[", 1e6), strings.Repeat("[", 1e6) + strings.Repeat("]", 1e6), `{"data":` + strings.Repeat(`{"a":`, 1e6),
		`{"data":` + strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_001),
		`{"data":1e999999,"items":-1e999999,"sealed":1e400,"version":` + strings.Repeat("9", 1e6) + "}",
		"{" + strings.Repeat(`"data":{"a":1},"items":[],"version":"1",`, 1e5) + `"data":{}}`,
		"{\"data\":{\"a\":\"\x00\xff\xfe\xc0\x80\xed\xa0\x80\"},\"version\":\"\xff\\ud800\\u0000\",\"cluster_name\":\"\xff\"}",
		"\xef\xbb\xbf\xef\xbb\xbf{}", "\x00{}", "null", `"` + strings.Repeat("\\", 1e6), "nul", "{}{}{}" + strings.Repeat("{}", 1e5),
		`[{"labels":{"a":"` + strings.Repeat("\\u0000", 1e5) + `"},"startsAt":"9999-12-31T23:59:59Z","endsAt":"0000-01-01T00:00:00Z"}]`,
		`{"initialized":true,"sealed":false,"version":"2.4.0","server_time_utc":9223372036854775807,"replication_dr_mode":"x"}`,
		`{"initialized":true,"sealed":false,"server_time_utc":-9223372036854775808,"t":-1,"n":-1,"progress":99999999999999999999}`,
	} {
		all = append(all, once(fmt.Sprintf("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)))
	}
	return all
}

func once(text string) func(io.Writer) error { return repeated(text, "") }

// repeated writes a beginning, and then a part repeatedly until the client disconnects.
func repeated(begin, part string) func(io.Writer) error {
	part = strings.Repeat(part, 1000)
	return func(w io.Writer) error {
		_, err := io.WriteString(w, begin)
		for err == nil && part != "" {
			_, err = io.WriteString(w, part)
		}
		return err
	}
}
