//! Every statement that was asked, for the tests that have their plans explained. In the program it is nothing at all.

use super::Sql;

/// Clones note in one place.
#[derive(Clone, Default, Debug)]
pub(crate) struct Asked {
    #[cfg(test)]
    statements: std::sync::Arc<std::sync::Mutex<Vec<Sql>>>,
}

impl Asked {
    #[cfg(test)]
    pub(super) fn note(&self, sql: &Sql) {
        self.statements.lock().expect("whole").push(sql.clone());
    }

    #[cfg(not(test))]
    pub(super) fn note(&self, _: &Sql) {}

    /// What was asked since it was taken last.
    #[cfg(test)]
    pub(crate) fn take(&self) -> Vec<Sql> {
        std::mem::take(&mut *self.statements.lock().expect("whole"))
    }
}
