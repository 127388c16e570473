//! Signing in and out. Whoever signs in or refreshes may send a token that has ended: it is not looked at.

use async_graphql::{Context, InputObject, Object, Result};
use identity::{Authenticated, TokenPair};
use kernel::{Denied, ErrorCode, Requires};

use super::{AccountPayload, Person};
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::{Failure, payload};
use crate::scalars::DateTime;

/// What a client holds while somebody is signed in.
pub struct Session(TokenPair);

impl From<TokenPair> for Session {
    fn from(pair: TokenPair) -> Self {
        Self(pair)
    }
}

#[Object]
impl Session {
    /// Goes into the header `Authorization: Bearer`.
    async fn access_token(&self) -> &str {
        &self.0.access_token
    }
    /// When the access token ends.
    async fn access_expires_at(&self) -> DateTime {
        DateTime(self.0.access_expires_at)
    }
    /// Good for one `refreshSession`.
    async fn refresh_token(&self) -> &str {
        &self.0.refresh_token
    }
    /// When the session ends, whatever is refreshed.
    async fn refresh_expires_at(&self) -> DateTime {
        DateTime(self.0.refresh_expires_at)
    }
    /// Whose session it is.
    async fn person(&self, ctx: &Context<'_>) -> Result<Option<Person>, Failure> {
        ctx.loader().load_one(self.0.person).await
    }
}

/// Who signs in.
#[derive(InputObject)]
pub struct SignInInput {
    /// The verified address.
    email: String,
    /// The password.
    #[graphql(secret)]
    password: String,
}

/// A session to go on with.
#[derive(InputObject)]
pub struct RefreshSessionInput {
    /// The newest refresh token.
    #[graphql(secret)]
    refresh_token: String,
}

payload! {
    /// What signing in and refreshing answer.
    SessionPayload { session: Session }
}

/// Mutations on sessions.
#[derive(Default)]
pub struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Opens a session. `WRONG_CREDENTIALS` does not say whether the address has an account.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn sign_in(&self, ctx: &Context<'_>, input: SignInInput) -> Result<SessionPayload> {
        let pair = ctx
            .app()
            .identity
            .sign_in(&input.email, &input.password, &ctx.session().origin())
            .await;
        SessionPayload::of(ctx, "signIn", pair.map_err(Into::into)).await
    }

    /// Exchanges a refresh token for a new pair of tokens. A token that comes back after its successor was used ends
    /// the session, because two parties hold it.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn refresh_session(&self, ctx: &Context<'_>, input: RefreshSessionInput) -> Result<SessionPayload> {
        let pair = ctx
            .app()
            .identity
            .refresh(&input.refresh_token, &ctx.session().origin())
            .await;
        SessionPayload::of(ctx, "refreshSession", pair.map_err(Into::into)).await
    }

    /// Ends this session.
    #[graphql(directive = auth::apply(Requires::SignedIn.to_string()))]
    async fn sign_out(&self, ctx: &Context<'_>) -> Result<AccountPayload> {
        let result = async {
            Ok(ctx
                .app()
                .identity
                .sign_out(signed_in(ctx).await?, &ctx.session().origin())
                .await?)
        };
        AccountPayload::of(ctx, "signOut", result.await).await
    }

    /// Ends every session of the caller, this one too.
    #[graphql(directive = auth::apply(Requires::SignedIn.to_string()))]
    async fn sign_out_everywhere(&self, ctx: &Context<'_>) -> Result<AccountPayload> {
        let result = async {
            Ok(ctx
                .app()
                .identity
                .sign_out_everywhere(signed_in(ctx).await?, &ctx.session().origin())
                .await?)
        };
        AccountPayload::of(ctx, "signOutEverywhere", result.await).await
    }
}

/// The session behind the access token of the request.
pub(super) async fn signed_in(ctx: &Context<'_>) -> Result<Authenticated, Failure> {
    ctx.session()
        .authenticated()
        .await?
        .ok_or_else(|| Denied(ErrorCode::Unauthenticated).into())
}
