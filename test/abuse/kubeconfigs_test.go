// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

//go:build linux

package abuse

import (
	"fmt"
	"net"
	"strings"
	"sync"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/testing/fakeapi"
)

// kubeconfigs are Secrets that lead the exporter to where only it may go.
func kubeconfigs() []attack {
	const secrets = "/api/v1/namespaces/flux-system/secrets"
	return []attack{{
		name: "Secret: 200 kubeconfigs that lead to metadata servers, to loopback addresses and through a proxy", short: true,
		answer: `cobaltcore_discovery_finding\{.*reason="loopback_refused"`,
		prepare: func(s *site) {
			trap := s.listenTrap()
			s.evil.Change(func(state *fakeapi.State) {
				state.Serve(secrets, "Secret", "v1")
				for i := range 50 {
					for kind, cluster := range map[string]string{
						"metadata": `{"server":"https://169.254.169.254/latest"}`,
						"loopback": fmt.Sprintf(`{"server":"https://%s"}`, trap),
						"name":     fmt.Sprintf(`{"server":"https://%s"}`, strings.Replace(trap, "127.0.0.1", "localhost", 1)),
						"proxy":    fmt.Sprintf(`{"server":"https://192.0.2.1","proxy-url":"http://%s"}`, trap),
					} {
						text := `{"apiVersion":"v1","kind":"Config","current-context":"c","clusters":[{"name":"c","cluster":` + cluster +
							`}],"users":[{"name":"c","user":{"token":"t"}}],"contexts":[{"name":"c","context":{"cluster":"c","user":"c"}}]}`
						state.Put(secrets, fmt.Sprintf("%s%d-kubeconfig", kind, i), map[string]any{"data": map[string][]byte{"value": []byte(text)}})
					}
				}
			})
			s.config.WriteString("discover:\n- fluxSecrets: {cluster: evil}\n")
		},
	}}
}

// listenTrap returns the address of a server that nothing may connect to.
func (s *site) listenTrap() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.Fatal(err)
	}
	var accepting sync.WaitGroup
	accepting.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
			s.Errorf("%s was connected to", l.Addr())
		}
	})
	s.Cleanup(func() {
		_ = l.Close()
		accepting.Wait()
	})
	return l.Addr().String()
}
