// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Initialize initialises the first node of an OpenBao with a Shamir seal: it is sealed
// then, until Unseal.
func (b *OpenBao) Initialize(ctx context.Context) error {
	const shares, threshold = 3, 2
	var answer struct {
		Keys      []string `json:"keys_base64"`
		RootToken string   `json:"root_token"`
	}
	body := map[string]any{"secret_shares": shares, "secret_threshold": threshold}
	if err := openBaoCall(ctx, b.client, http.MethodPut, b.Nodes[0].Address+"/v1/sys/init", body, "", &answer); err != nil {
		return fmt.Errorf("testbed: openbao: initialise: %w", err)
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.token, b.keys = answer.RootToken, answer.Keys[:threshold]
	return nil
}

func (b *OpenBao) shares() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.keys)
}

// Token returns a token that may do everything. After the start it needs no node.
func (b *OpenBao) Token(ctx context.Context) (string, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.token != "" {
		return b.token, nil
	}
	var answer struct {
		Auth struct {
			Token string `json:"client_token"`
		}
	}
	leader, err := b.Leader(ctx)
	if err == nil {
		err = openBaoCall(ctx, b.client, http.MethodPost, leader.Address+"/v1/auth/userpass/login/"+openBaoAdmin, map[string]any{"password": b.password}, "", &answer)
	}
	if err != nil {
		return "", fmt.Errorf("testbed: openbao: log in: %w", err)
	}
	b.token = answer.Auth.Token
	return b.token, nil
}

// Leader returns the active node. It is an error if there is not exactly one. It does not
// ask frozen nodes.
func (b *OpenBao) Leader(ctx context.Context) (*OpenBaoNode, error) {
	states := make([]string, len(b.Nodes))
	var active []*OpenBaoNode
	var mu sync.Mutex
	err := b.eachNode(func(i int, n *OpenBaoNode) error {
		if n.process == nil || n.frozen {
			states[i] = "not running"
			return nil
		}
		status, err := n.Health(ctx)
		states[i] = fmt.Sprint(status)
		if status == http.StatusOK {
			mu.Lock()
			defer mu.Unlock()
			active = append(active, n)
		}
		return err
	})
	if len(active) != 1 {
		return nil, errors.Join(fmt.Errorf("testbed: openbao: %d nodes are active: %q", len(active), states), err)
	}
	return active[0], nil
}

// WaitActive waits until exactly one node is active, and returns it.
func (b *OpenBao) WaitActive(ctx context.Context) (leader *OpenBaoNode, err error) {
	err = Poll(ctx, startDeadline, func(ctx context.Context) (err error) {
		leader, err = b.Leader(ctx)
		return err
	})
	return leader, err
}

// WaitVoters waits until n nodes are healthy and vote, as autopilot sees it, so that the
// cluster stays available when any (n-1)/2 of them fail. A node gets its vote 10 to 30 s
// after it joined.
func (b *OpenBao) WaitVoters(ctx context.Context, n int) error {
	err := Poll(ctx, startDeadline, func(ctx context.Context) error {
		var state struct {
			Data struct {
				Healthy          bool
				FailureTolerance int `json:"failure_tolerance"`
				Voters           []string
			}
		}
		if err := b.call(ctx, http.MethodGet, "sys/storage/raft/autopilot/state", nil, &state); err != nil {
			return err
		}
		if s := state.Data; !s.Healthy || s.FailureTolerance < (n-1)/2 || len(s.Voters) != n {
			return fmt.Errorf("state of autopilot is %+v", s)
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("testbed: openbao: %d voters: %w", n, err)
	}
	return nil
}

// Do sends a request to the active node, see OpenBaoNode.Do.
func (b *OpenBao) Do(ctx context.Context, method, path string, body any, token string) (status int, answer []byte, err error) {
	leader, err := b.Leader(ctx)
	if err != nil {
		return 0, nil, err
	}
	return leader.Do(ctx, method, path, body, token)
}

// call sends a request of the administrator to the active node.
func (b *OpenBao) call(ctx context.Context, method, path string, body, into any) error {
	leader, err := b.Leader(ctx)
	if err != nil {
		return err
	}
	return leader.call(ctx, method, path, body, into)
}

// PutPolicy creates or replaces an ACL policy.
func (b *OpenBao) PutPolicy(ctx context.Context, name, rules string) error {
	return b.call(ctx, http.MethodPut, "sys/policies/acl/"+name, map[string]any{"policy": rules}, nil)
}

// CreateToken returns a new orphan token that has exactly the given policies, and not the
// one called default.
func (b *OpenBao) CreateToken(ctx context.Context, policies []string, ttl time.Duration) (string, error) {
	var answer struct {
		Auth struct {
			Token string `json:"client_token"`
		}
	}
	body := map[string]any{"policies": policies, "ttl": ttl.String(), "no_default_policy": true, "display_name": "testbed"}
	if err := b.call(ctx, http.MethodPost, "auth/token/create-orphan", body, &answer); err != nil {
		return "", err
	}
	if answer.Auth.Token == "" {
		return "", errors.New("testbed: openbao: the answer has no token")
	}
	return answer.Auth.Token, nil
}
