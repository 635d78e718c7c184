// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package server

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

const (
	tokenReviews         = "/apis/authentication.k8s.io/v1/tokenreviews"
	subjectAccessReviews = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
)

// tokenReview and subjectAccessReview are the types of Kubernetes without unused fields: the
// clients of client-go would enlarge the program from 32 to 51 MB.
type (
	tokenReview struct {
		typeMeta

		Spec struct {
			Token     string   `json:"token"`
			Audiences []string `json:"audiences,omitempty"`
		} `json:"spec"`
		Status struct {
			Authenticated bool     `json:"authenticated"`
			User          user     `json:"user"`
			Audiences     []string `json:"audiences"`
		} `json:"status,omitzero"`
	}
	subjectAccessReview struct {
		typeMeta

		Spec struct {
			User   string              `json:"user"`
			UID    string              `json:"uid,omitempty"`
			Groups []string            `json:"groups,omitempty"`
			Extra  map[string][]string `json:"extra,omitempty"`
			Of     attributes          `json:"nonResourceAttributes"`
		} `json:"spec"`
		Status struct {
			Allowed bool `json:"allowed"`
			Denied  bool `json:"denied"`
		} `json:"status,omitzero"`
	}
	typeMeta struct {
		APIVersion string `json:"apiVersion"`
		Kind       string `json:"kind"`
	}
	user struct {
		Username string              `json:"username"`
		UID      string              `json:"uid"`
		Groups   []string            `json:"groups"`
		Extra    map[string][]string `json:"extra"`
	}
	attributes struct {
		Path string `json:"path"`
		Verb string `json:"verb"`
	}
)

// authenticate returns the user of a token, or nil for an invalid token, and the lifetime of this
// result.
func (a KubernetesAuth) authenticate(ctx context.Context, token string) (*user, time.Duration, error) {
	in := tokenReview{typeMeta: typeMeta{"authentication.k8s.io/v1", "TokenReview"}}
	in.Spec.Token, in.Spec.Audiences = token, a.Audiences
	var out tokenReview
	if err := a.Reviewer.Post(ctx, tokenReviews, in, &out); err != nil {
		return nil, 0, failure.FromAPI(err)
	}
	// A server that does not support audiences returns none.
	accepted := len(a.Audiences) == 0 || slices.ContainsFunc(out.Status.Audiences,
		func(s string) bool { return slices.Contains(a.Audiences, s) })
	if !out.Status.Authenticated || !accepted || out.Status.User.Username == "" {
		return nil, 0, nil
	}
	return &out.Status.User, tokenLifetime, nil
}

// authorize reports whether a user may make a request, and the lifetime of this result.
func (a KubernetesAuth) authorize(ctx context.Context, u *user, what attributes) (bool, time.Duration, error) {
	in := subjectAccessReview{typeMeta: typeMeta{"authorization.k8s.io/v1", "SubjectAccessReview"}}
	in.Spec.User, in.Spec.UID, in.Spec.Groups, in.Spec.Extra, in.Spec.Of = u.Username, u.UID, u.Groups, u.Extra, what
	var out subjectAccessReview
	if err := a.Reviewer.Post(ctx, subjectAccessReviews, in, &out); err != nil {
		return false, 0, failure.FromAPI(err)
	}
	if out.Status.Allowed && !out.Status.Denied {
		return true, allowedLifetime, nil
	}
	return false, deniedLifetime, nil
}

var errTooManyReviews = errors.New("too many authorization requests are in progress")

// withReviewLimits adds a deadline to review, and a limit for the reviews of the client. A
// review continues after the end of its request, because other requests may wait for the result.
func withReviewLimits[V any](a *access, r *http.Request, review func(context.Context) (V, time.Duration, error)) func() (
	V, time.Duration, error,
) {
	return func() (value V, lifetime time.Duration, err error) {
		client := clientHost(r.RemoteAddr)
		if taken, _ := a.reviews.take(client); !taken {
			return value, 0, errTooManyReviews
		}
		defer a.reviews.release(client)
		ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), reviewTimeout)
		defer cancel()
		return review(ctx)
	}
}
