// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// Reason says in one word why a cluster was not found, or not where it should
// be. It is a label value, so the set is closed.
type Reason string

// The reasons.
const (
	ReasonNameTaken    Reason = "name_taken"            // another cluster has the name
	ReasonSameSecret   Reason = "same_secret"           // another cluster was found in the same Secret
	ReasonInvalidName  Reason = "invalid_name"          // no name for a cluster
	ReasonMissing      Reason = "secret_missing"        // somebody refers to it
	ReasonType         Reason = "wrong_type"            // of the Secret
	ReasonNoKey        Reason = "no_key"                // the Secret lacks the key, or it is empty
	ReasonNoKubeconfig Reason = "not_a_kubeconfig"      // or one without a current context
	ReasonExec         Reason = "exec_refused"          // it runs a program
	ReasonAuthProvider Reason = "auth_provider_refused" // it needs a plugin
	ReasonFile         Reason = "file_refused"          // it refers to a file
	ReasonInsecure     Reason = "insecure_refused"      // it does not verify the server
	ReasonForbidden    Reason = "forbidden"
	ReasonUnauthorized Reason = "unauthorized"
	ReasonNotServed    Reason = "not_served" // the kind that declares clusters
	ReasonBadAnswer    Reason = "bad_answer" // of the API server, or of something before it
	ReasonUnreachable  Reason = "unreachable"
)

// Reasons are all reasons.
func Reasons() []Reason {
	return []Reason{
		ReasonNameTaken, ReasonSameSecret, ReasonInvalidName, ReasonMissing, ReasonType, ReasonNoKey, ReasonNoKubeconfig,
		ReasonExec, ReasonAuthProvider, ReasonFile, ReasonInsecure,
		ReasonForbidden, ReasonUnauthorized, ReasonNotServed, ReasonBadAnswer, ReasonUnreachable,
	}
}

// Finding is something that is wrong with what was searched.
type Finding struct {
	Source Source
	// Name is that of the Secret or the Cluster object; empty if it concerns the
	// search itself.
	Name   string
	Reason Reason
	// Other is what has the name or the Secret already.
	Other string
}

// reasonOf classifies an error of an API server.
func reasonOf(err error) Reason {
	var status apierrors.APIStatus
	switch {
	case apierrors.IsForbidden(err):
		return ReasonForbidden
	case apierrors.IsUnauthorized(err):
		return ReasonUnauthorized
	case apierrors.IsNotFound(err):
		return ReasonNotServed
	case errors.As(err, &status) && status.Status().Code < http.StatusInternalServerError, isDecode(err):
		return ReasonBadAnswer
	}
	return ReasonUnreachable
}
