"""The sansang collector: takes reports, keeps them, and says what they mean."""
