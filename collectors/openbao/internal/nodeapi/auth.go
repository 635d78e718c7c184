// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package nodeapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/openbao/openbao/api/auth/kubernetes/v2"
	"github.com/openbao/openbao/api/v2"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/config"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/files"
)

// Credentials obtain tokens of OpenBao. They belong to one goroutine.
type Credentials struct {
	config.OpenBaoAuth

	Offline bool // set for a snapshot, which needs no token

	current string
	renew   time.Time // time of the next login
	expires time.Time // zero if the token does not expire
	refused time.Time // time at which all requests with a new token were refused
}

// Enabled reports whether tokens can be obtained.
func (c *Credentials) Enabled() bool { return c.Offline || c.Kubernetes != nil || c.TokenFile != "" }

// refusedPause is the time between logins with a role that grants nothing, because OpenBao asks the cluster for each
// login.
const refusedPause = 5 * time.Minute

// Renewable reports whether a token should be replaced after all requests with it were refused.
func (c *Credentials) Renewable(now time.Time, fresh bool) bool {
	if fresh {
		c.refused = now
	}
	return c.Kubernetes != nil && !fresh && now.Sub(c.refused) >= refusedPause
}

// Drop forgets the token.
func (c *Credentials) Drop() { c.current = "" }

// Endpoint returns the name of the endpoint that fails if there is no token.
func (c *Credentials) Endpoint() string {
	if c.Kubernetes != nil {
		return "auth/" + c.Kubernetes.Mount + "/login"
	}
	return "tokenFile"
}

// Token returns a token and whether it is new. Files are read each time, because the tokens in them rotate. If a token
// cannot be renewed, Token returns the old token and an error until the old token expires.
func (c *Credentials) Token(ctx context.Context, a Node, now time.Time, timeout time.Duration) (token string, fresh bool, err error) {
	switch {
	case c.Offline:
		return "", true, nil
	case c.Kubernetes == nil:
		token, err = readToken(ctx, c.TokenFile)
		return token, true, err
	case c.current != "" && now.Before(c.renew):
		return c.current, false, nil
	}
	got, err := c.login(ctx, a, timeout)
	if err != nil {
		if !c.expires.IsZero() && !now.Before(c.expires) {
			c.Drop()
		}
		return c.current, false, err
	}
	c.current, c.renew, c.expires = got.Token, now.Add(RenewAfter(got.ttl)), time.Time{}
	if got.ttl > 0 {
		c.expires = now.Add(got.ttl)
	}
	return c.current, true, nil
}

func (c *Credentials) login(ctx context.Context, a Node, timeout time.Duration) (Session, error) {
	jwt, err := readToken(ctx, c.Kubernetes.TokenFile)
	if err != nil {
		return Session{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return a.Login(ctx, c.Kubernetes.Mount, c.Kubernetes.Role, jwt)
}

// RenewAfter returns the time after which a token is renewed: two thirds of its lifetime, at most an hour. Tokens that do
// not expire are also replaced, because the role may have changed.
func RenewAfter(ttl time.Duration) time.Duration {
	const longest = time.Hour
	if ttl <= 0 {
		return longest
	}
	return min(ttl*2/3, longest)
}

func readToken(ctx context.Context, file string) (string, error) {
	text, err := files.Read(ctx, file, files.MaxCredentials)
	if err != nil {
		return "", failure.Errorf(failure.ReasonForbidden, "no token: %w", err)
	}
	token := string(bytes.TrimSpace(text))
	if token == "" || strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return "", failure.Errorf(failure.ReasonForbidden, "no token: %s is empty or invalid", file)
	}
	return token, nil
}

// maxLease limits the lifetime of a token in seconds, so that it does not overflow.
const maxLease = 1 << 30

// Session is the result of a login.
type Session struct {
	Token string
	ttl   time.Duration
	Batch bool
}

// Login logs in with a service account token. It creates a new helper of OpenBao each time, because a helper reads the
// token file only once.
func (c *client) Login(ctx context.Context, mount, role, jwt string) (Session, error) {
	method, err := kubernetes.NewKubernetesAuth(role, kubernetes.WithMountPath(mount), kubernetes.WithServiceAccountToken(jwt))
	if err != nil {
		return Session{}, failure.Errorf(failure.ReasonForbidden, "a login needs a role and a token")
	}
	with, err := api.NewClient(c.config)
	if err != nil {
		return Session{}, err
	}
	secret, err := method.Login(ctx, with)
	if err != nil {
		return Session{}, loginFailure(err)
	}
	if secret == nil { // a redirect without a body
		return Session{}, failure.Errorf(ReasonNoLeader, "the login response is empty")
	}
	if secret.Auth == nil || secret.Auth.ClientToken == "" {
		return Session{}, failure.Errorf(failure.ReasonDecode, "the login response has no token")
	}
	return Session{
		Token: secret.Auth.ClientToken,
		ttl:   time.Duration(min(max(secret.Auth.LeaseDuration, 0), maxLease)) * time.Second,
		Batch: strings.HasPrefix(secret.Auth.ClientToken, "b."),
	}, nil
}

// Revoke revokes a token. Batch tokens cannot be revoked and need not be.
func (c *client) Revoke(ctx context.Context, token string) {
	if with, err := c.withToken(token); err == nil {
		_ = with.Auth().Token().RevokeSelfWithContext(ctx, "") // otherwise it expires
	}
}

func loginFailure(err error) error {
	answered, ok := errors.AsType[*api.ResponseError](err)
	switch _, syntax := errors.AsType[*json.SyntaxError](err); {
	case syntax:
		return failure.Errorf(failure.ReasonDecode, "the login response is not JSON")
	case !ok:
		return failure.FromTransport(err)
	}
	message := strings.Join(answered.Errors, " ")
	if strings.Contains(message, "invalid role name") {
		return failure.Errorf(failure.ReasonNotFound, "status %d: the role does not exist", answered.StatusCode)
	}
	return classifyStatus(Endpoint{}, Answer{Status: answered.StatusCode, Body: []byte(message)})
}

func (u unusable) Login(context.Context, string, string, string) (Session, error) {
	return Session{}, failure.FromTransport(u.err)
}
func (unusable) Revoke(context.Context, string) {}
