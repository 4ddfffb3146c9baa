//! Authorisation as a parameter type.
//!
//! An operation that takes `who: Member<scope::ChatWrite>` can only be reached by an account that may write,
//! and, with an API token, only by one made for `chat:write`. There is no other way into a handler, so
//! nothing can be forgotten.

use std::marker::PhantomData;
use std::ops::Deref;
use std::sync::Arc;

use poem::{Request, RequestBody};
use poem_openapi::registry::{MetaSecurityScheme, Registry};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};
use uuid::Uuid;

use super::super::{Credential, Identity, Role, Scope};
use crate::audit::Mark;
use crate::error::ApiError;

/// What the server found out about the sender of a request; set by `http::identify` on every request.
#[derive(Clone, Debug)]
pub enum Sender {
    /// No credential.
    Anonymous,
    /// A good one.
    Known(Arc<Identity>),
    /// One that is refused; an operation that needs no login ignores it.
    Refused(ApiError),
}

/// Least role of a caller, as a type.
pub trait LeastRole: Send + Sync {
    /// The role.
    const ROLE: Role;
}

/// Which API tokens are let in, as a type.
pub trait TokenRule: Send + Sync {
    /// The scope that a token must have; `None` with [`TokenRule::SESSION_ONLY`] unset means any token.
    const SCOPE: Option<Scope>;
    /// Whether API tokens are refused altogether.
    const SESSION_ONLY: bool = false;
}

macro_rules! least_role {
    ($($name:ident),*) => {$(
        #[doc = concat!("Least role: ", stringify!($name), ".")]
        #[derive(Clone, Debug)]
        pub struct $name;
        impl LeastRole for $name {
            const ROLE: Role = Role::$name;
        }
    )*};
}

/// Roles as types.
mod role {
    use super::{LeastRole, Role};
    least_role!(Viewer, Member, Admin);
}

/// Scopes as types, for [`Viewer`], [`Member`] and [`Admin`].
pub mod scope {
    use super::{Scope, TokenRule};

    macro_rules! scopes {
        ($($name:ident),*) => {$(
            #[doc = concat!("Tokens need the scope `", stringify!($name), "`.")]
            #[derive(Clone, Debug)]
            pub struct $name;
            impl TokenRule for $name {
                const SCOPE: Option<Scope> = Some(Scope::$name);
            }
        )*};
    }
    scopes!(
        AgendaRead,
        AgendaWrite,
        ChatRead,
        ChatWrite,
        UsersRead,
        UsersWrite,
        ClientsRead,
        ClientsWrite,
        MonitoringRead,
        SignalsRead,
        SignalsWrite,
        SourceMapsWrite,
        ServerWrite
    );
}

/// Any API token is let in.
#[derive(Clone, Debug)]
pub struct AnyScope;
impl TokenRule for AnyScope {
    const SCOPE: Option<Scope> = None;
}

/// API tokens are refused: only a person who logged in.
#[derive(Clone, Debug)]
pub struct SessionOnly;
impl TokenRule for SessionOnly {
    const SCOPE: Option<Scope> = None;
    const SESSION_ONLY: bool = true;
}

/// A caller with at least the role `R`, and a credential that `S` lets in. Derefs to [`Identity`].
#[derive(Clone, Debug)]
pub struct Caller<R, S> {
    identity: Arc<Identity>,
    mark: Mark,
    rules: PhantomData<fn() -> (R, S)>,
}

/// Any account.
pub type Viewer<S> = Caller<role::Viewer, S>;
/// An account that may write.
pub type Member<S> = Caller<role::Member, S>;
/// An administrator.
pub type Admin<S> = Caller<role::Admin, S>;

impl<R, S> Caller<R, S> {
    /// The identity, to keep beyond the request.
    pub fn identity(&self) -> &Arc<Identity> {
        &self.identity
    }

    /// Says in the audit log what the request made, or met, that its path does not name.
    pub fn about(&self, name: &str, id: Uuid) {
        self.mark.about(name, id);
    }

    /// As [`Caller::about`], of several things.
    pub fn about_all(&self, name: &str, ids: &[Uuid]) {
        self.mark.about_all(name, ids);
    }
}

impl<R, S> Deref for Caller<R, S> {
    type Target = Identity;

    fn deref(&self) -> &Identity {
        &self.identity
    }
}

impl<R: LeastRole, S: TokenRule> Caller<R, S> {
    /// Decides about the sender of a request.
    ///
    /// # Errors
    /// 401 without a good credential, 403 without the role or scope.
    pub fn admit(sender: &Sender) -> Result<Self, ApiError> {
        let identity = match sender {
            Sender::Known(identity) => identity,
            Sender::Refused(error) => return Err(error.clone()),
            Sender::Anonymous => {
                return Err(ApiError::unauthorized(
                    "unauthorized",
                    "Log in, or send an access token or API token.",
                ));
            }
        };
        if identity.role < R::ROLE {
            return Err(ApiError::forbidden(
                "forbidden",
                format!("This needs the role {}; yours is {}.", R::ROLE.as_str(), identity.role.as_str()),
            ));
        }
        if matches!(identity.credential, Credential::ApiToken { .. }) {
            if S::SESSION_ONLY {
                return Err(ApiError::forbidden("forbidden", "An API token cannot do this: log in."));
            }
            if let Some(scope) = S::SCOPE.filter(|s| !identity.has_scope(*s)) {
                return Err(ApiError::forbidden("forbidden", format!("This token lacks the scope {scope}.")));
            }
        }
        Ok(Self { identity: identity.clone(), mark: Mark::default(), rules: PhantomData })
    }
}

/// Names of the security schemes in the API document.
const BEARER: &str = "bearer";
const COOKIE: &str = "cookie";

impl<'a, R: LeastRole, S: TokenRule> ApiExtractor<'a> for Caller<R, S> {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::SecurityScheme];

    type ParamType = ();
    type ParamRawType = ();

    fn register(registry: &mut Registry) {
        let scheme = |ty, description, name, key_in, scheme, bearer_format| MetaSecurityScheme {
            ty,
            description: Some(description),
            name,
            key_in,
            scheme,
            bearer_format,
            flows: None,
            openid_connect_url: None,
        };
        registry.create_security_scheme(
            BEARER,
            scheme(
                "http",
                "An access token from `POST /api/auth/login`, or an API token (`wst_...`).",
                None,
                None,
                Some("bearer"),
                None,
            ),
        );
        registry.create_security_scheme(
            COOKIE,
            scheme(
                "apiKey",
                "The dashboard's session. Every request that changes something also needs the header `X-CSRF-Token`.",
                Some(crate::http::COOKIE),
                Some("cookie"),
                None,
                None,
            ),
        );
    }

    fn security_schemes() -> Vec<&'static str> {
        vec![BEARER, COOKIE]
    }

    async fn from_request(
        request: &'a Request,
        _body: &mut RequestBody,
        _options: ExtractParamOptions<Self::ParamType>,
    ) -> poem::Result<Self> {
        let sender = request.extensions().get::<Sender>().unwrap_or(&Sender::Anonymous);
        let mut admitted = Self::admit(sender);
        if R::ROLE == Role::Admin
            && let Some(mark) = request.extensions().get::<Mark>()
        {
            mark.asks(admitted.is_ok());
            if let Ok(caller) = &mut admitted {
                caller.mark = mark.clone();
            }
        }
        Ok(admitted?)
    }
}
