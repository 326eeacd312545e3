//! Roles of stages.

crate::words! {
    /// Role of a stage.
    pub enum Role {
        /// Produces elements.
        Source = "source",
        /// Makes at most one element from each.
        Processor = "processor",
        /// Lets elements pass or not.
        Filter = "filter",
        /// Sends each element to any number of its ports.
        Router = "router",
        /// Makes one element from several.
        Aggregator = "aggregator",
        /// Consumes elements.
        Sink = "sink",
    }
}
