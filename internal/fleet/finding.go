// SPDX-FileCopyrightText: 2026 SAP SE or an SAP affiliate company and cobaltcore-dev contributors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"errors"
	"io"
	"net/http"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/cobaltcore-dev/cobaltcore-exporter/internal/failure"
)

// Reasons of findings, in addition to forbidden and unauthorized.
const (
	ReasonNameTaken    failure.Reason = "name_taken"            // another cluster has the same name
	ReasonSameSecret   failure.Reason = "same_secret"           // another cluster was found in the same Secret
	ReasonInvalidName  failure.Reason = "invalid_name"          // not a valid cluster name
	ReasonMissing      failure.Reason = "secret_missing"        // referred to, but does not exist
	ReasonType         failure.Reason = "wrong_type"            // type of the Secret
	ReasonNoKey        failure.Reason = "no_key"                // the Secret lacks the key, or it is empty
	ReasonNoKubeconfig failure.Reason = "not_a_kubeconfig"      // invalid, or without a current context
	ReasonExec         failure.Reason = "exec_refused"          // it runs a program
	ReasonAuthProvider failure.Reason = "auth_provider_refused" // it needs a plugin
	ReasonFile         failure.Reason = "file_refused"          // it refers to a file
	ReasonInsecure     failure.Reason = "insecure_refused"      // it does not verify the server
	ReasonProxy        failure.Reason = "proxy_refused"         // it leads through a proxy
	ReasonLoopback     failure.Reason = "loopback_refused"      // its server is the machine of the exporter
	ReasonLinkLocal    failure.Reason = "link_local_refused"    // its server is a metadata server of a cloud
	ReasonImpersonates failure.Reason = "impersonation_refused" // it impersonates another user
	ReasonTooMany      failure.Reason = "too_many"              // too many clusters in one source
	ReasonNotServed    failure.Reason = "not_served"            // the kind that declares clusters is not served
	ReasonBadAnswer    failure.Reason = "bad_answer"            // invalid response of the API server or a proxy
	ReasonUnreachable  failure.Reason = "unreachable"
)

// Reasons returns all reasons of findings.
func Reasons() []failure.Reason {
	return []failure.Reason{
		ReasonNameTaken, ReasonSameSecret, ReasonInvalidName, ReasonMissing, ReasonType, ReasonNoKey, ReasonNoKubeconfig,
		ReasonExec, ReasonAuthProvider, ReasonFile, ReasonInsecure,
		ReasonProxy, ReasonLoopback, ReasonLinkLocal, ReasonImpersonates, failure.ReasonTooLarge,
		ReasonTooMany, failure.ReasonForbidden, failure.ReasonUnauthorized, ReasonNotServed, ReasonBadAnswer, ReasonUnreachable,
	}
}

// Finding is a problem of discovery.
type Finding struct {
	Source Source
	// Name is the name of the Secret or the Cluster object; empty if the problem concerns the source itself.
	Name   string
	Reason failure.Reason
	// Other is the object that already has the name or the Secret.
	Other string
}

// findingReason returns the reason of a failed request as a reason of a finding.
func findingReason(err error) failure.Reason {
	var status apierrors.APIStatus
	reason := failure.Classify(err)
	switch {
	case reason == failure.ReasonForbidden, reason == failure.ReasonUnauthorized:
		return reason
	case reason == failure.ReasonNotFound:
		return ReasonNotServed
	case reason == failure.ReasonDecode, errors.Is(err, io.ErrUnexpectedEOF),
		errors.As(err, &status) && status.Status().Code < http.StatusInternalServerError:
		return ReasonBadAnswer
	}
	return ReasonUnreachable
}
