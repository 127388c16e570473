//! How an account begins and how its password changes. Except for the change of a known password, nobody has to sign
//! in, and the session of the request is left alone: clients send tokens that have ended.

use async_graphql::{Context, InputObject, Object, Result};
use identity::NewAccount;
use kernel::Requires;

use super::{AccountPayload, Person, session};
use crate::auth::auth;
use crate::context::ContextExt;
use crate::error::payload;
use crate::scalars::Lang;

/// An account to make.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The address; a letter with a link goes there.
    email: String,
    /// The password, 8 to 128 characters and not a common one.
    #[graphql(secret)]
    password: String,
    /// Given names, at most 100 characters.
    given_name: String,
    /// Family name, at most 100 characters.
    family_name: String,
    /// The language of letters.
    lang: Lang,
}

impl From<RegisterInput> for NewAccount {
    fn from(input: RegisterInput) -> Self {
        Self {
            email: input.email,
            password: input.password,
            given_name: input.given_name,
            family_name: input.family_name,
            lang: input.lang.into(),
        }
    }
}

/// Where a letter with a link goes.
#[derive(InputObject)]
pub struct AddressInput {
    /// The address of the account.
    email: String,
}

/// An address to verify.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// The token of the link in the letter.
    #[graphql(secret)]
    token: String,
}

/// A new password in the place of a forgotten one.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// The token of the link in the letter.
    #[graphql(secret)]
    token: String,
    /// The new password, 8 to 128 characters and not a common one.
    #[graphql(secret)]
    new_password: String,
}

/// A new password in the place of a known one.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password as it is now.
    #[graphql(secret)]
    current_password: String,
    /// The new password, 8 to 128 characters and not a common one.
    #[graphql(secret)]
    new_password: String,
}

payload! {
    /// What the verification of an address answers.
    VerifyEmailPayload { person: Person }
}

/// Mutations on accounts.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Makes an account and sends a link to its address, good for one hour. The answer is the same for an address that
    /// has an account already.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> Result<AccountPayload> {
        let done = ctx.app().identity.register(input.into(), &ctx.session().origin()).await;
        AccountPayload::of(ctx, "register", done.map_err(Into::into)).await
    }

    /// Sends the link to an address once more; the earlier link dies. The answer is the same for every address.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn resend_verification(&self, ctx: &Context<'_>, input: AddressInput) -> Result<AccountPayload> {
        let session = ctx.session();
        let done = ctx
            .app()
            .identity
            .resend_verification(&input.email, session.lang, &session.origin())
            .await;
        AccountPayload::of(ctx, "resendVerification", done.map_err(Into::into)).await
    }

    /// Follows the link of a letter; its owner can sign in from then on.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn verify_email(&self, ctx: &Context<'_>, input: VerifyEmailInput) -> Result<VerifyEmailPayload> {
        let verified = ctx.app().identity.verify(&input.token, &ctx.session().origin()).await;
        VerifyEmailPayload::of(ctx, "verifyEmail", verified.map_err(Into::into)).await
    }

    /// Sends a link that sets a new password, good for one hour. The answer is the same for every address.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn request_password_reset(&self, ctx: &Context<'_>, input: AddressInput) -> Result<AccountPayload> {
        let session = ctx.session();
        let done = ctx
            .app()
            .identity
            .request_reset(&input.email, session.lang, &session.origin())
            .await;
        AccountPayload::of(ctx, "requestPasswordReset", done.map_err(Into::into)).await
    }

    /// Sets a new password by the link of a letter and ends every session.
    #[graphql(directive = auth::apply(Requires::Anyone.to_string()))]
    async fn reset_password(&self, ctx: &Context<'_>, input: ResetPasswordInput) -> Result<AccountPayload> {
        let done = ctx
            .app()
            .identity
            .reset(&input.token, &input.new_password, &ctx.session().origin())
            .await;
        AccountPayload::of(ctx, "resetPassword", done.map_err(Into::into)).await
    }

    /// Changes the caller's own password and ends every session, this one too.
    #[graphql(directive = auth::apply(Requires::SignedIn.to_string()))]
    async fn change_password(&self, ctx: &Context<'_>, input: ChangePasswordInput) -> Result<AccountPayload> {
        let result = async {
            let (signed_in, origin) = (session::signed_in(ctx).await?, ctx.session().origin());
            let (current, new) = (&input.current_password, &input.new_password);
            Ok(ctx
                .app()
                .identity
                .change_password(signed_in, current, new, &origin)
                .await?)
        };
        AccountPayload::of(ctx, "changePassword", result.await).await
    }
}
